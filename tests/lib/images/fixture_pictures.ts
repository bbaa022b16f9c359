import { assert } from "@std/assert";
import type { Pixels } from "../../../lib/images/pixels.ts";

/** Where the centre of each quadrant of a picture of `make_images.py` is, and its colour. */
export const QUADRANTS = [
  { name: "top left", x: 12, y: 10, color: [200, 30, 40] },
  { name: "top right", x: 48, y: 10, color: [30, 160, 60] },
  { name: "bottom left", x: 12, y: 36, color: [40, 60, 200] },
  { name: "bottom right", x: 48, y: 36, color: [230, 210, 50] },
] as const;

export const FIXTURE_WIDTH = 61;
export const FIXTURE_HEIGHT = 47;

/** Reads a picture of `tests/fixtures/images`. */
export function readFixture(name: string): Uint8Array {
  return Deno.readFileSync(new URL(`../../fixtures/images/${name}`, import.meta.url));
}

/** The red, green and blue of one pixel. */
export function getColor({ width, data }: Pixels, x: number, y: number): number[] {
  const start = (y * width + x) * 4;
  return [...data.subarray(start, start + 3)];
}

/** Asserts that every channel of a colour is within `tolerance` of the expected one. */
export function assertColor(
  actual: readonly number[],
  expected: readonly number[],
  { tolerance, message }: { tolerance: number; message: string },
): void {
  const isClose = actual.length === expected.length &&
    actual.every((value, i) => Math.abs(value - (expected[i] ?? NaN)) <= tolerance);
  assert(isClose, `${message}: expected ${actual} to be within ${tolerance} of ${expected}`);
}

/** The mean absolute difference of the colours of two pictures of one size. */
export function getMeanDifference(a: Pixels, b: Pixels): number {
  assert(a.width === b.width && a.height === b.height, "Expected pictures of one size");
  let sum = 0;
  for (let i = 0; i < a.data.length; i++) sum += Math.abs((a.data[i] ?? 0) - (b.data[i] ?? 0));
  // Alpha is 255 in both.
  return sum / (a.width * a.height * 3);
}

/** A picture whose pixels are `draw(x, y)`, opaque. */
export function drawPixels(
  width: number,
  height: number,
  draw: (x: number, y: number) => readonly [number, number, number],
): Pixels {
  const data = new Uint8ClampedArray(width * height * 4);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) data.set([...draw(x, y), 255], (y * width + x) * 4);
  }
  return { width, height, data };
}
