import { assertEquals, assertRejects } from "@std/assert";
import { Buffer } from "node:buffer";
import { createHmac } from "node:crypto";
import { importSigningKey, openSigned, signBytes } from "../../lib/signed_bytes.ts";

const SECRET = new TextEncoder().encode("a secret of the tests");
const BYTES = new TextEncoder().encode("what is signed");

Deno.test("signBytes() gives HMAC-SHA-256 and the bytes in base64url", async () => {
  const text = await signBytes(await importSigningKey(SECRET), BYTES);
  const code = createHmac("sha256", SECRET).update(BYTES).digest();
  assertEquals(text, Buffer.concat([code, BYTES]).toString("base64url"));
});

Deno.test("openSigned() gives back what was signed, also no bytes at all", async () => {
  const key = await importSigningKey(SECRET);
  for (const bytes of [BYTES, new Uint8Array()]) {
    assertEquals(await openSigned(key, await signBytes(key, bytes)), bytes);
  }
});

Deno.test("openSigned() refuses a text with any character changed, cut or added", async () => {
  const key = await importSigningKey(SECRET);
  const text = await signBytes(key, BYTES);
  for (let i = 0; i < text.length; i++) {
    const other = text[i] === "A" ? "B" : "A";
    assertEquals(await openSigned(key, text.slice(0, i) + other + text.slice(i + 1)), undefined);
  }
  for (const wrong of ["", "A", "!", text.slice(1), text.slice(0, -1), `${text}A`, `${text}==`]) {
    assertEquals(await openSigned(key, wrong), undefined, wrong);
  }
});

Deno.test("openSigned() refuses what another key has signed", async () => {
  const text = await signBytes(await importSigningKey(SECRET), BYTES);
  const other = await importSigningKey(SECRET.map((byte) => byte ^ 1));
  assertEquals(await openSigned(other, text), undefined);
});

Deno.test("importSigningKey() refuses a secret of fewer than 16 bytes", async () => {
  await importSigningKey(new Uint8Array(16));
  await assertRejects(() => importSigningKey(new Uint8Array(15)), RangeError, "it has 15");
});
