/**
 * Writes numbers as float32 little endian, whatever the processor's own order is.
 *
 * @param offset of the first byte in the view
 * @returns the offset behind the last byte
 * @throws {RangeError} if there is no room
 */
export function writeFloats(view: DataView, offset: number, values: Iterable<number>): number {
  for (const value of values) {
    view.setFloat32(offset, value, true);
    offset += 4;
  }
  return offset;
}

/**
 * Reads what {@linkcode writeFloats} has written, as a copy.
 *
 * @throws {RangeError} if the view ends before
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { readFloats, writeFloats } from "./float32_bytes.ts";
 *
 * const view = new DataView(new ArrayBuffer(9));
 * assertEquals(writeFloats(view, 1, [0.5, -2]), 9);
 * assertEquals(readFloats(view, 1, 2), Float32Array.of(0.5, -2));
 * ```
 */
export function readFloats(
  view: DataView,
  offset: number,
  length: number,
): Float32Array<ArrayBuffer> {
  const values = new Float32Array(length);
  for (let i = 0; i < length; i++) values[i] = view.getFloat32(offset + i * 4, true);
  return values;
}
