import { assertEquals } from "@std/assert";
import { flattenAlpha } from "../../../lib/images/flatten_alpha.ts";

function flatten(...data: number[]): number[] {
  const pixels = { width: data.length / 4, height: 1, data: Uint8ClampedArray.from(data) };
  flattenAlpha(pixels);
  return [...pixels.data];
}

Deno.test("flattenAlpha() turns transparent pixels white and keeps opaque ones", () => {
  assertEquals(flatten(10, 20, 30, 0, 10, 20, 30, 255), [255, 255, 255, 255, 10, 20, 30, 255]);
});

Deno.test("flattenAlpha() mixes with white by alpha, to the nearest value", () => {
  // 255 - 255 x 128 / 255 = 127; 255 - 155 x 1 / 255 = 254.4.
  assertEquals(flatten(0, 255, 127, 128, 100, 255, 0, 1), [127, 255, 191, 255, 254, 255, 254, 255]);
});
