/**
 * Reads numbers out of CSV text: one row on each line, commas between the numbers, no header. Empty
 * lines at the end are left out. What is no number becomes NaN, for the caller to refuse by its place.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { parseNumberRows } from "./parse_number_rows.ts";
 *
 * assertEquals(parseNumberRows("1, 2.5\r\n-3e2,x\n"), [[1, 2.5], [-300, NaN]]);
 * ```
 */
export function parseNumberRows(text: string): number[][] {
  const body = text.trimEnd();
  if (body === "") return [];
  return body.split("\n").map((line) => line.split(",").map(parseNumber));
}

/** `Number` reads an empty field as 0, and hexadecimal. */
function parseNumber(field: string): number {
  return /^\s*[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?\s*$/i.test(field) ? Number(field) : NaN;
}
