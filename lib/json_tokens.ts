const QUOTE = 0x22;
const BACKSLASH = 0x5c;
/** `,`, `:`, `[` and `{`: each of them stands for one more value at most. */
const STRUCTURE = new Set([0x2c, 0x3a, 0x5b, 0x7b]);

/**
 * Says whether a JSON text may hold more values than allowed, without parsing it: parsing millions
 * of small values takes seconds and a hundred times the text's memory, one long string takes neither.
 *
 * @param bytes a JSON text in UTF-8; it need not be valid
 * @param tokensMax how many commas, colons and opening brackets may stand outside of strings
 *
 * @example
 * ```ts
 * import { assert } from "@std/assert";
 * import { hasMoreJsonTokens } from "./json_tokens.ts";
 *
 * assert(hasMoreJsonTokens(new TextEncoder().encode("[1,2,3]"), 2));
 * ```
 */
export function hasMoreJsonTokens(bytes: Uint8Array, tokensMax: number): boolean {
  let tokens = 0;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at] as number;
    if (byte === QUOTE) {
      at = findStringEnd(bytes, at + 1);
    } else if (STRUCTURE.has(byte) && ++tokens > tokensMax) {
      return true;
    }
  }
  return false;
}

/** The place of the quote that ends a string, or the length of a text that never ends it. */
function findStringEnd(bytes: Uint8Array, start: number): number {
  for (let end = bytes.indexOf(QUOTE, start); end >= 0; end = bytes.indexOf(QUOTE, end + 1)) {
    let backslashes = 0;
    while (end - backslashes > start && bytes[end - backslashes - 1] === BACKSLASH) backslashes++;
    if (backslashes % 2 === 0) return end;
  }
  return bytes.length;
}
