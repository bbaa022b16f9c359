import { assertEquals } from "@std/assert";
import { releasePixels } from "../../../lib/images/pixels.ts";
import { drawPixels } from "./fixture_pictures.ts";

Deno.test("releasePixels() leaves the picture without memory", () => {
  const pixels = drawPixels(2, 2, () => [1, 2, 3]);
  releasePixels(pixels);
  assertEquals(pixels.data.length, 0);
  assertEquals(pixels.data.buffer.byteLength, 0);
});
