/** Well below the 32,766 variables of an SQLite statement, also with several for each row. */
const VALUES_MAX = 500;

/**
 * Cuts a list into parts that fit into one statement each.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { chunkValues } from "./chunk_values.ts";
 *
 * assertEquals(chunkValues([1, 2, 3], 2), [[1, 2], [3]]);
 * ```
 */
export function chunkValues<Value>(values: readonly Value[], valuesMax = VALUES_MAX): Value[][] {
  const chunks: Value[][] = [];
  for (let at = 0; at < values.length; at += valuesMax) {
    chunks.push(values.slice(at, at + valuesMax));
  }
  return chunks;
}
