import { assert, assertEquals } from "@std/assert";
import { readImageSize } from "../../../lib/images/image_size.ts";
import { detectImageType } from "../../../lib/images/image_type.ts";
import { ServiceError } from "../../../lib/service_error.ts";
import { readFixture } from "./fixture_pictures.ts";

Deno.test("readImageSize() reads the stored size of each format", () => {
  assertEquals(readImageSize(readFixture("progressive.jpg"), "jpeg"), { width: 61, height: 47 });
  assertEquals(readImageSize(readFixture("orientation_6.jpg"), "jpeg"), { width: 47, height: 61 });
  assertEquals(readImageSize(readFixture("alpha.png"), "png"), { width: 61, height: 47 });
  assertEquals(readImageSize(readFixture("alpha.webp"), "webp"), { width: 61, height: 47 });
});

Deno.test("readImageSize() answers cut and damaged files with a size or invalid_image", () => {
  for (const name of ["progressive.jpg", "orientation_8.png", "alpha.webp", "lossless.webp"]) {
    const bytes = readFixture(name);
    const type = detectImageType(bytes);
    assert(type);
    let refusalCount = 0;
    const tryToRead = (candidate: Uint8Array) => {
      try {
        const { width, height } = readImageSize(candidate, type);
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
