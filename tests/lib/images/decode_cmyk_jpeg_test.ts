import { assertEquals, assertThrows } from "@std/assert";
import { CMYK_PIXELS_MAX, decodeCmykJpeg } from "../../../lib/images/decode_cmyk_jpeg.ts";
import { readJpegFrame } from "../../../lib/images/jpeg_header.ts";
import { ServiceError } from "../../../lib/service_error.ts";
import { assertColor, getColor, QUADRANTS, readFixture } from "./fixture_pictures.ts";

for (
  const name of [
    "cmyk.jpg",
    "cmyk_progressive.jpg",
    "cmyk_without_adobe_segment.jpg",
    "ycck.jpg",
  ]
) {
  Deno.test(`decodeCmykJpeg() gives the colours of ${name}`, () => {
    const bytes = readFixture(name);
    const pixels = decodeCmykJpeg(bytes, readJpegFrame(bytes));
    assertEquals([pixels.width, pixels.height], [61, 47]);
    for (const { name, x, y, color } of QUADRANTS) {
      assertColor(getColor(pixels, x, y), color, { tolerance: 5, message: name });
    }
  });
}

Deno.test("decodeCmykJpeg() refuses a picture above its own limit", () => {
  const bytes = readFixture("cmyk.jpg");
  const frame = { ...readJpegFrame(bytes), width: CMYK_PIXELS_MAX / 1_000 + 1, height: 1_000 };
  const error = assertThrows(() => decodeCmykJpeg(bytes, frame), ServiceError, "8001 x 1000");
  assertEquals(error.code, "image_too_large");
});

Deno.test("decodeCmykJpeg() refuses broken data with the reason", () => {
  const bytes = readFixture("cmyk.jpg");
  const frame = readJpegFrame(bytes);
  for (const length of [4, 200, bytes.length - 60]) {
    const error = assertThrows(
      () => decodeCmykJpeg(bytes.subarray(0, length), frame),
      ServiceError,
      "CMYK JPEG data must be whole and valid: ",
    );
    assertEquals(error.code, "invalid_image");
  }
});
