import { ServiceError } from "./service_error.ts";

/**
 * Reads numbers out of CSV text: one row on each line, commas between the numbers, no header. Empty
 * lines at the end are left out. What is no number stays a text, for the caller to refuse by its place.
 *
 * @throws {ServiceError} `invalid_value` if there are more than `numbersMax` fields, before any is
 *   read: millions of small ones take seconds
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { parseNumberRows } from "./parse_number_rows.ts";
 *
 * const rows = parseNumberRows("1, 2.5\r\n-3e2,x\n", { numbersMax: 4 });
 * assertEquals(rows, [[1, 2.5], [-300, "x"]]);
 * ```
 */
export function parseNumberRows(
  text: string,
  { numbersMax }: { numbersMax: number },
): (number | string)[][] {
  const body = text.trimEnd();
  if (body === "") return [];
  if (hasMoreFields(body, numbersMax)) {
    throw new ServiceError(
      "invalid_value",
      `Cannot read the CSV text as it must have at most ${numbersMax} numbers: it has more`,
    );
  }
  return body.split("\n").map((line) => line.split(",").map(parseNumber));
}

function hasMoreFields(text: string, fieldsMax: number): boolean {
  let fields = 1;
  for (const separator of [",", "\n"]) {
    for (let at = text.indexOf(separator); at >= 0; at = text.indexOf(separator, at + 1)) {
      if (++fields > fieldsMax) return true;
    }
  }
  return fields > fieldsMax;
}

/** `Number` reads an empty field as 0, and hexadecimal. */
function parseNumber(field: string): number | string {
  const isNumber = /^\s*[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?\s*$/i.test(field);
  return isNumber ? Number(field) : field.trim();
}
