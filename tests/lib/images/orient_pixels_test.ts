import { assertEquals, assertStrictEquals } from "@std/assert";
import type { Orientation } from "../../../lib/images/exif_orientation.ts";
import { orientPixels } from "../../../lib/images/orient_pixels.ts";
import { drawPixels } from "./fixture_pictures.ts";

const STORED = drawPixels(3, 2, (x, y) => [1 + y * 3 + x, 0, 0]);

/** The red values of each row. */
function toRows(orientation: Orientation): number[][] {
  const { width, height, data } = orientPixels(STORED, orientation);
  const row = (y: number) =>
    Array.from({ length: width }, (_, x) => data[(y * width + x) * 4] ?? -1);
  return Array.from({ length: height }, (_, y) => row(y));
}

Deno.test("orientPixels() returns the same picture for orientation 1", () => {
  assertStrictEquals(orientPixels(STORED, 1), STORED);
});

Deno.test("orientPixels() mirrors and turns as EXIF numbers it", () => {
  // Stored: 1 2 3
  //         4 5 6
  assertEquals(toRows(2), [[3, 2, 1], [6, 5, 4]]);
  assertEquals(toRows(3), [[6, 5, 4], [3, 2, 1]]);
  assertEquals(toRows(4), [[4, 5, 6], [1, 2, 3]]);
  assertEquals(toRows(5), [[1, 4], [2, 5], [3, 6]]);
  assertEquals(toRows(6), [[4, 1], [5, 2], [6, 3]]);
  assertEquals(toRows(7), [[6, 3], [5, 2], [4, 1]]);
  assertEquals(toRows(8), [[3, 6], [2, 5], [1, 4]]);
});

Deno.test("orientPixels() keeps the picture opaque", () => {
  const { data } = orientPixels(STORED, 6);
  assertEquals(data.filter((_, i) => i % 4 === 3).every((alpha) => alpha === 255), true);
});
