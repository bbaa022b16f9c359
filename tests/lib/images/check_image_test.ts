import { assertEquals, assertThrows } from "@std/assert";
import { checkImage } from "../../../lib/images/check_image.ts";
import { ServiceError } from "../../../lib/service_error.ts";
import { FIXTURE_HEIGHT, FIXTURE_WIDTH, readFixture } from "./fixture_pictures.ts";

const PIXELS = FIXTURE_WIDTH * FIXTURE_HEIGHT;
const WHOLE = ["baseline.jpg", "progressive.jpg", "cmyk.jpg", "alpha.png", "lossy.webp"];

function refuse(bytes: Uint8Array, pixelsMax = PIXELS): string {
  return assertThrows(() => checkImage(bytes, { pixelsMax }), ServiceError).code;
}

Deno.test("checkImage() gives the header of a whole picture", () => {
  for (const name of WHOLE) {
    const { width, height } = checkImage(readFixture(name), { pixelsMax: PIXELS });
    assertEquals([width, height], [FIXTURE_WIDTH, FIXTURE_HEIGHT], name);
  }
});

Deno.test("checkImage() refuses one pixel too many", () => {
  for (const name of WHOLE) assertEquals(refuse(readFixture(name), PIXELS - 1), "image_too_large");
});

Deno.test("checkImage() refuses what breaks off, wherever it does", () => {
  for (const name of WHOLE) {
    const bytes = readFixture(name);
    for (const length of [20, 60, bytes.length >> 1, bytes.length - 1]) {
      assertEquals(refuse(bytes.subarray(0, length)), "invalid_image", `${name}: ${length} bytes`);
    }
  }
});

Deno.test("checkImage() allows what phones put behind a JPEG picture", () => {
  const bytes = readFixture("baseline.jpg");
  const longer = new Uint8Array(bytes.length + 100);
  longer.set(bytes);
  assertEquals(checkImage(longer, { pixelsMax: PIXELS }).width, FIXTURE_WIDTH);
});

Deno.test("checkImage() refuses other files, animations and damaged PNG chunks", () => {
  assertEquals(refuse(new Uint8Array()), "not_an_image");
  assertEquals(refuse(new TextEncoder().encode("GIF89a")), "not_an_image");
  assertEquals(refuse(readFixture("animated.webp")), "invalid_image");
  const png = readFixture("alpha.png");
  const middle = png.length >> 1;
  png[middle] = (png[middle] ?? 0) ^ 1;
  assertEquals(refuse(png), "invalid_image");
});
