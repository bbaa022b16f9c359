/**
 * Copies rows of a matrix.
 *
 * @param matrix `[n, length]` float32, row-major
 * @param options the rows, in the order wanted, and their length
 * @returns `[rows.length, length]` in an array of its own
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { selectRows } from "./select_rows.ts";
 *
 * const matrix = Float32Array.of(1, 2, 3, 4);
 * assertEquals(selectRows(matrix, { rows: [1], length: 2 }), Float32Array.of(3, 4));
 * ```
 */
export function selectRows(
  matrix: Float32Array,
  { rows, length }: { rows: ArrayLike<number>; length: number },
): Float32Array<ArrayBuffer> {
  const selected = new Float32Array(rows.length * length);
  for (let place = 0; place < rows.length; place++) {
    const from = (rows[place] as number) * length;
    selected.set(matrix.subarray(from, from + length), place * length);
  }
  return selected;
}
