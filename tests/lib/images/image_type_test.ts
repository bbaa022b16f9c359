import { assertEquals } from "@std/assert";
import { detectImageType } from "../../../lib/images/image_type.ts";
import { readFixture } from "./fixture_pictures.ts";

Deno.test("detectImageType() finds the format from the bytes of a file", () => {
  assertEquals(detectImageType(readFixture("baseline.jpg")), "jpeg");
  assertEquals(detectImageType(readFixture("cmyk.jpg")), "jpeg");
  assertEquals(detectImageType(readFixture("alpha.png")), "png");
  assertEquals(detectImageType(readFixture("lossless.webp")), "webp");
});

Deno.test("detectImageType() returns undefined for an empty buffer", () => {
  assertEquals(detectImageType(new Uint8Array()), undefined);
});

Deno.test("detectImageType() returns undefined for a signature that is cut short", () => {
  assertEquals(detectImageType(readFixture("baseline.jpg").subarray(0, 2)), undefined);
  assertEquals(detectImageType(readFixture("alpha.png").subarray(0, 7)), undefined);
  assertEquals(detectImageType(readFixture("lossless.webp").subarray(0, 11)), undefined);
});

Deno.test("detectImageType() returns undefined for other formats", () => {
  const encoder = new TextEncoder();
  assertEquals(detectImageType(encoder.encode("GIF89a............")), undefined);
  assertEquals(detectImageType(encoder.encode("RIFF....WAVEfmt ..")), undefined);
  assertEquals(detectImageType(encoder.encode("<svg xmlns='...'/>")), undefined);
});
