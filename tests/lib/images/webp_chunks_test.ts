import { assertEquals, assertThrows } from "@std/assert";
import { isAnimatedWebp, readWebpChunks, readWebpSize } from "../../../lib/images/webp_chunks.ts";
import { ServiceError } from "../../../lib/service_error.ts";
import { readFixture } from "./fixture_pictures.ts";

const SIZE = { width: 61, height: 47 };

Deno.test("readWebpChunks() yields the chunks in order", () => {
  const types = [...readWebpChunks(readFixture("orientation_3.webp"))].map(({ type }) => type);
  assertEquals(types, ["VP8X", "VP8 ", "EXIF"]);
});

Deno.test("readWebpSize() reads VP8, VP8L and VP8X headers", () => {
  assertEquals(readWebpSize(readFixture("lossy.webp")), SIZE);
  assertEquals(readWebpSize(readFixture("lossless.webp")), SIZE);
  assertEquals(readWebpSize(readFixture("alpha.webp")), SIZE);
  assertEquals(readWebpSize(readFixture("animated.webp")), SIZE);
});

Deno.test("readWebpSize() refuses broken first chunks", () => {
  const lossy = readFixture("lossy.webp");
  const zero = lossy.slice();
  zero.fill(0, 26, 28);
  assertThrows(() => readWebpSize(zero), ServiceError, "are 0 and 47");
  const withoutStartCode = lossy.slice();
  withoutStartCode[23] = 0;
  assertThrows(() => readWebpSize(withoutStartCode), ServiceError, "whole VP8, VP8L or VP8X");
  const ofOtherKind = lossy.slice();
  ofOtherKind[12] = 0x58;
  assertThrows(() => readWebpSize(ofOtherKind), ServiceError, "whole VP8, VP8L or VP8X");
  for (let length = 12; length < lossy.length; length++) {
    const error = assertThrows(() => readWebpSize(lossy.subarray(0, length)), ServiceError);
    assertEquals(error.code, "invalid_image");
  }
});

Deno.test("isAnimatedWebp() tells animations from still pictures", () => {
  assertEquals(isAnimatedWebp(readFixture("animated.webp")), true);
  assertEquals(isAnimatedWebp(readFixture("alpha.webp")), false);
  assertEquals(isAnimatedWebp(readFixture("lossy.webp")), false);
});
