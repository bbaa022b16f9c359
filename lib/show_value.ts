import { copyText } from "./copy_text.ts";

/**
 * The beginning of a value as JSON, for a message that refuses it. It holds on to nothing of the value.
 *
 * @param value anything that JSON gives, or a number that is not finite, for which JSON has no word
 * @param charactersMax how much of it is shown
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { showValue } from "./show_value.ts";
 *
 * assertEquals([showValue("a"), showValue([1, null]), showValue(NaN)], ['"a"', "[1,null]", "NaN"]);
 * ```
 */
export function showValue(value: unknown, charactersMax = 60): string {
  if (typeof value === "number") return String(value);
  // A text is cut before it is written, so that a long one costs nothing.
  const shown = typeof value === "string" ? value.slice(0, charactersMax) : value;
  const json = JSON.stringify(shown) ?? "missing";
  return copyText(json.slice(0, charactersMax)).toWellFormed();
}
