import { assert, assertEquals } from "@std/assert";
import { readImageHeader } from "../../../lib/images/image_header.ts";
import { detectImageType } from "../../../lib/images/image_type.ts";
import { readJpegFrame } from "../../../lib/images/jpeg_header.ts";
import { ServiceError } from "../../../lib/service_error.ts";
import { readFixture } from "./fixture_pictures.ts";

Deno.test("readImageHeader() reads the stored size of each format", () => {
  const { type, width, height } = readImageHeader(readFixture("orientation_6.jpg"), "jpeg");
  assertEquals([type, width, height], ["jpeg", 47, 61]);
  for (const [name, type] of [["alpha.png", "png"], ["alpha.webp", "webp"]] as const) {
    assertEquals(readImageHeader(readFixture(name), type), { type, width: 61, height: 47 });
  }
});

Deno.test("readImageHeader() reads the frame of a JPEG", () => {
  const bytes = readFixture("progressive.jpg");
  assertEquals(readImageHeader(bytes, "jpeg"), { type: "jpeg", ...readJpegFrame(bytes) });
});

Deno.test("readImageHeader() answers cut and damaged files with a size or invalid_image", () => {
  for (const name of ["progressive.jpg", "orientation_8.png", "alpha.webp", "lossless.webp"]) {
    const bytes = readFixture(name);
    const type = detectImageType(bytes);
    assert(type);
    let refusalCount = 0;
    const tryToRead = (candidate: Uint8Array) => {
      try {
        const { width, height } = readImageHeader(candidate, type);
        assert(width >= 1 && height >= 1);
      } catch (error) {
        assert(
          error instanceof ServiceError && error.code === "invalid_image",
          `${name}: ${error}`,
        );
        refusalCount++;
      }
    };
    for (let length = 0; length < bytes.length; length++) tryToRead(bytes.subarray(0, length));
    assert(refusalCount >= 20, `${name}: only ${refusalCount} cut files were refused`);
    for (let position = 0; position < bytes.length; position++) {
      for (const value of [0, 0x7f, 0xff]) {
        const damaged = bytes.slice();
        damaged[position] = value;
        tryToRead(damaged);
      }
    }
  }
});
