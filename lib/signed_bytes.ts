const ALGORITHM = { name: "HMAC", hash: "SHA-256" } as const;
/** Length of HMAC-SHA-256. */
const MAC_BYTES = 32;

/**
 * Makes the key that {@linkcode signBytes} signs with.
 *
 * @param secret at least 16 bytes; whoever knows it can sign
 * @throws {RangeError} if it is shorter
 */
export async function importSigningKey(secret: Uint8Array<ArrayBuffer>): Promise<CryptoKey> {
  if (secret.length < 16) {
    throw new RangeError(
      `Cannot sign as the secret must have at least 16 bytes: it has ${secret.length}`,
    );
  }
  return await crypto.subtle.importKey("raw", secret, ALGORITHM, false, ["sign", "verify"]);
}

/**
 * Signs bytes with HMAC-SHA-256 (RFC 2104). They are not encrypted: whoever has the text can read
 * them.
 *
 * @returns the code and the bytes as base64url without padding
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { importSigningKey, openSigned, signBytes } from "./signed_bytes.ts";
 *
 * const key = await importSigningKey(crypto.getRandomValues(new Uint8Array(32)));
 * const text = await signBytes(key, Uint8Array.of(1, 2, 3));
 * assertEquals(await openSigned(key, text), Uint8Array.of(1, 2, 3));
 * ```
 */
export async function signBytes(key: CryptoKey, bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const code = new Uint8Array(await crypto.subtle.sign(ALGORITHM.name, key, bytes));
  const signed = new Uint8Array(MAC_BYTES + bytes.length);
  signed.set(code);
  signed.set(bytes, MAC_BYTES);
  return signed.toBase64({ alphabet: "base64url", omitPadding: true });
}

/**
 * The bytes of a text that {@linkcode signBytes} made with this key, or `undefined` for any other
 * text. The comparison takes the same time for every wrong code.
 */
export async function openSigned(
  key: CryptoKey,
  text: string,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const signed = decode(text);
  if (!signed || signed.length < MAC_BYTES) return undefined;
  const code = signed.slice(0, MAC_BYTES);
  const bytes = signed.slice(MAC_BYTES);
  return await crypto.subtle.verify(ALGORITHM.name, key, code, bytes) ? bytes : undefined;
}

function decode(text: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    // Strict, so that one state has one text.
    const bytes = Uint8Array.fromBase64(text, {
      alphabet: "base64url",
      lastChunkHandling: "loose",
    });
    const again = bytes.toBase64({ alphabet: "base64url", omitPadding: true });
    return again === text ? bytes : undefined;
  } catch {
    return undefined;
  }
}
