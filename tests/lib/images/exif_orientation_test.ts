import { assertEquals } from "@std/assert";
import { readExifOrientation } from "../../../lib/images/exif_orientation.ts";
import { readFixture } from "./fixture_pictures.ts";

/** A JPEG file of nothing but an APP1 segment and the header of a scan. */
function wrapExif(tiff: readonly number[]): Uint8Array {
  const payload = [...new TextEncoder().encode("Exif\0\0"), ...tiff];
  const scan = [0xff, 0xda, 0, 2];
  return Uint8Array.of(0xff, 0xd8, 0xff, 0xe1, 0, payload.length + 2, ...payload, ...scan);
}

const LITTLE_ENDIAN = [0x49, 0x49, 0x2a, 0, 8, 0, 0, 0];
const BIG_ENDIAN = [0x4d, 0x4d, 0, 0x2a, 0, 0, 0, 8];

Deno.test("readExifOrientation() reads JPEG, PNG and WebP files", () => {
  assertEquals(readExifOrientation(readFixture("orientation_6.jpg"), "jpeg"), 6);
  assertEquals(readExifOrientation(readFixture("orientation_8.png"), "png"), 8);
  assertEquals(readExifOrientation(readFixture("orientation_3.webp"), "webp"), 3);
});

Deno.test("readExifOrientation() returns 1 where there is no EXIF", () => {
  assertEquals(readExifOrientation(readFixture("baseline.jpg"), "jpeg"), 1);
  assertEquals(readExifOrientation(readFixture("alpha.png"), "png"), 1);
  assertEquals(readExifOrientation(readFixture("lossy.webp"), "webp"), 1);
});

Deno.test("readExifOrientation() reads both byte orders, SHORT and LONG, after other tags", () => {
  const other = [0x0f, 0x01, 2, 0, 1, 0, 0, 0, 0, 0, 0, 0];
  const short = [0x12, 0x01, 3, 0, 1, 0, 0, 0, 5, 0, 0, 0];
  const little = wrapExif([...LITTLE_ENDIAN, 2, 0, ...other, ...short]);
  assertEquals(readExifOrientation(little, "jpeg"), 5);
  const long = [0x01, 0x12, 0, 4, 0, 0, 0, 1, 0, 0, 0, 7];
  assertEquals(readExifOrientation(wrapExif([...BIG_ENDIAN, 0, 1, ...long]), "jpeg"), 7);
});

Deno.test("readExifOrientation() returns 1 for broken EXIF", () => {
  const faults: [string, number[]][] = [
    ["nothing", []],
    ["no byte order", [1, 2, 3, 4, 5, 6, 7, 8, 9]],
    ["directory outside", [0x49, 0x49, 0x2a, 0, 0xff, 0xff, 0xff, 0xff]],
    ["entries outside", [...LITTLE_ENDIAN, 0xff, 0xff, 0, 0, 0]],
    ["value 0", [...LITTLE_ENDIAN, 1, 0, 0x12, 0x01, 3, 0, 1, 0, 0, 0, 0, 0, 0, 0]],
    ["value 9", [...LITTLE_ENDIAN, 1, 0, 0x12, 0x01, 3, 0, 1, 0, 0, 0, 9, 0, 0, 0]],
    ["type of text", [...LITTLE_ENDIAN, 1, 0, 0x12, 0x01, 2, 0, 1, 0, 0, 0, 6, 0, 0, 0]],
  ];
  for (const [name, tiff] of faults) {
    assertEquals(readExifOrientation(wrapExif(tiff), "jpeg"), 1, name);
  }
});

Deno.test("readExifOrientation() returns 1 for a file that is cut before the tag", () => {
  for (const length of [0, 2, 3, 12, 30]) {
    const bytes = readFixture("orientation_6.jpg").subarray(0, length);
    assertEquals(readExifOrientation(bytes, "jpeg"), 1);
  }
});
