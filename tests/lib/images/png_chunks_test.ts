import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { checkPngChunks, readPngChunks, readPngSize } from "../../../lib/images/png_chunks.ts";
import { ServiceError } from "../../../lib/service_error.ts";
import { readFixture } from "./fixture_pictures.ts";

function getChunkTypes(bytes: Uint8Array): string[] {
  return [...readPngChunks(bytes)].map(({ type }) => type);
}

/** A PNG file with nothing but its header and chunks of text without any. */
function addEmptyChunks(count: number): Uint8Array<ArrayBuffer> {
  const header = readFixture("gray_16_key.png").subarray(0, 33);
  const bytes = new Uint8Array(header.length + 12 * (count + 1));
  bytes.set(header);
  const encoder = new TextEncoder();
  for (let index = 0; index <= count; index++) {
    encoder.encodeInto(
      index < count ? "tEXt" : "IEND",
      bytes.subarray(header.length + 12 * index + 4),
    );
  }
  return bytes;
}

Deno.test("readPngChunks() yields the chunks up to IEND and ignores what follows", () => {
  const bytes = readFixture("gray_16_key.png");
  assertEquals(getChunkTypes(bytes), ["IHDR", "tRNS", "IDAT", "IEND"]);
  assertEquals(getChunkTypes(Uint8Array.of(...bytes, 1, 2, 3)).length, 4);
});

Deno.test("readPngChunks() refuses a file that is cut anywhere", () => {
  const bytes = readFixture("gray_16_key.png");
  for (let length = 8; length < bytes.length; length++) {
    const error = assertThrows(() => getChunkTypes(bytes.subarray(0, length)), ServiceError);
    assertEquals(error.code, "invalid_image");
  }
});

Deno.test("readPngChunks() walks as many chunks as encoders write, and no more", () => {
  // IHDR stands in front of the empty chunks, IEND behind them.
  const limit = addEmptyChunks(149_998);
  assertEquals(getChunkTypes(limit).length, 150_000);
  for (const check of [checkPngChunks, getChunkTypes]) {
    const error = assertThrows(() => check(addEmptyChunks(149_999)), ServiceError);
    assertEquals(error.code, "invalid_image");
    assertStringIncludes(error.message, "at most 150000 chunks");
  }
});

Deno.test("readPngSize() reads IHDR and refuses a zero side", () => {
  const bytes = readFixture("alpha.png");
  assertEquals(readPngSize(bytes), { width: 61, height: 47 });
  bytes.fill(0, 16, 20);
  const error = assertThrows(() => readPngSize(bytes), ServiceError, "are 0 and 47");
  assertEquals(error.code, "invalid_image");
});

Deno.test("readPngSize() refuses a file whose first chunk is not IHDR", () => {
  const bytes = readFixture("alpha.png");
  bytes[12] = 0x4a;
  assertThrows(() => readPngSize(bytes), ServiceError, "first chunk must be IHDR");
});

Deno.test("checkPngChunks() refuses a wrong checksum and a second IHDR", () => {
  const bytes = readFixture("gray_16_key.png");
  checkPngChunks(bytes);
  const broken = bytes.slice();
  // The first byte of the picture data: signature 8, IHDR 25, tRNS 14, IDAT's length and type 8.
  broken[55] = 0;
  assertThrows(() => checkPngChunks(broken), ServiceError, "the one of a IDAT chunk does not");
  const header = bytes.subarray(8, 33);
  const doubled = Uint8Array.of(...bytes.subarray(0, 33), ...header, ...bytes.subarray(33));
  assertThrows(() => checkPngChunks(doubled), ServiceError, "one IHDR chunk");
});
