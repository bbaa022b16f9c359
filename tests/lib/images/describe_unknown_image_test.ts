import { assertEquals } from "@std/assert";
import { describeUnknownImage } from "../../../lib/images/describe_unknown_image.ts";

/** The bytes of a text whose characters are below 256. */
function toBytes(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

Deno.test("describeUnknownImage() names what is well known", () => {
  const starts: [string, string][] = [
    ["GIF89a\x01\0", "it starts with 47 49 46 38 39 61 01 00 (GIF)"],
    ["BM\x46\n\0\0\0\0\0\0", "it starts with 42 4d 46 0a 00 00 00 00 (BMP)"],
    ["II*\0\x08\0\0\0", "it starts with 49 49 2a 00 08 00 00 00 (TIFF)"],
    ["MM\0*\0\0\0\x08", "it starts with 4d 4d 00 2a 00 00 00 08 (TIFF)"],
    ["%PDF-1.7\n", "it starts with 25 50 44 46 2d 31 2e 37 (PDF)"],
    ["\0\0\0\x20ftypavif\0\0", "it starts with 00 00 00 20 66 74 79 70 (HEIC or AVIF)"],
    ["\0\0\0\nftypheic\0\0", "it starts with 00 00 00 0a 66 74 79 70 (HEIC or AVIF)"],
    ["\n<svg xmlns=", "it starts with 0a 3c 73 76 67 20 78 6d (SVG or XML)"],
    ['{"image": "/9j/', "it starts with 7b 22 69 6d 61 67 65 22 (text)"],
    ["BMW, not a bitmap", "it starts with 42 4d 57 2c 20 6e 6f 74 (text)"],
  ];
  for (const [start, expected] of starts) {
    assertEquals(describeUnknownImage(toBytes(start)), expected);
  }
});

Deno.test("describeUnknownImage() gives the bytes alone where they say nothing", () => {
  assertEquals(describeUnknownImage(Uint8Array.of(0xff, 0xd8)), "it starts with ff d8");
  const film = toBytes("\0\0\0\x18ftypmp42");
  assertEquals(describeUnknownImage(film), "it starts with 00 00 00 18 66 74 79 70");
});

Deno.test("describeUnknownImage() says that a file is empty", () => {
  assertEquals(describeUnknownImage(new Uint8Array()), "it is empty");
});
