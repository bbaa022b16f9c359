import { copyText } from "./copy_text.ts";

/** How much of a value a message shows. */
const CHARACTERS_MAX = 40;

/**
 * The beginning of a value as JSON, for the message of a rejected sample: a thousand of them are kept
 * and sent together.
 *
 * @param value anything that JSON gives, or a number that is not finite
 * @returns at most 40 characters
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { showValue } from "./show_value.ts";
 *
 * assertEquals([showValue("a"), showValue([1, null]), showValue(NaN)], ['"a"', "[1,null]", "NaN"]);
 * ```
 */
export function showValue(value: unknown): string {
  if (typeof value === "number") return String(value);
  // A text is cut before it is written, so that a long one costs nothing.
  const shown = typeof value === "string" ? value.slice(0, CHARACTERS_MAX) : value;
  const json = JSON.stringify(shown) ?? "missing";
  return copyText(json.slice(0, CHARACTERS_MAX)).toWellFormed();
}
