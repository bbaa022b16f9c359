/**
 * A text in memory of its own. What `slice()` or `trim()` leaves of a text is a view that keeps all of
 * it: a name of 20 characters would hold on to the line of 4 MiB that it was cut from.
 *
 * @param text a few hundred characters at most
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { copyText } from "./copy_text.ts";
 *
 * const line = `cat,${"x".repeat(1_000_000)}`;
 * assertEquals(copyText(line.slice(0, 3)), "cat");
 * ```
 */
export function copyText(text: string): string {
  return Array.from(text).join("");
}
