import { assertEquals, assertThrows } from "@std/assert";
import { hasPrefix, readJpegFrame, readJpegSegments } from "../../../lib/images/jpeg_header.ts";
import { ServiceError } from "../../../lib/service_error.ts";
import { readFixture } from "./fixture_pictures.ts";

const SOI = [0xff, 0xd8];
const SOF = [0xff, 0xc0, 0, 11, 8, 0, 47, 0, 61, 1, 1, 0x11, 0];
const SOS = [0xff, 0xda, 0, 8, 1, 1, 0, 0, 63, 0];

Deno.test("readJpegFrame() reads size, components and scans", () => {
  const expected = { width: 61, height: 47, hasAdobeSegment: false };
  const baseline = readFixture("baseline.jpg");
  assertEquals(readJpegFrame(baseline), {
    ...expected,
    componentCount: 3,
    scanCount: 1,
    end: baseline.length,
  });
  assertEquals(readJpegFrame(readFixture("grayscale.jpg")).componentCount, 1);
  assertEquals(readJpegFrame(readFixture("progressive.jpg")).scanCount, 10);
  const cmyk = readJpegFrame(readFixture("cmyk.jpg"));
  assertEquals([cmyk.componentCount, cmyk.hasAdobeSegment], [4, true]);
  const plain = readJpegFrame(readFixture("cmyk_without_adobe_segment.jpg"));
  assertEquals(plain.hasAdobeSegment, false);
});

Deno.test("readJpegFrame() skips stray bytes, fill bytes and restart markers as libjpeg does", () => {
  const stray = [1, 2, 0xff, 0, 3, 0xff, 0xff];
  const bytes = Uint8Array.of(...SOI, 0xff, 0xd0, ...stray, ...SOF, ...SOS);
  assertEquals(readJpegFrame(bytes).width, 61);
});

Deno.test("readJpegFrame() ends at the first end of image outside of a segment", () => {
  const comment = [0xff, 0xfe, 0, 6, 0xff, 0xd9, 0xff, 0xda];
  const data = [1, 0xff, 0, 0xd9, 2, 0xff, 0xd0, 3, 0xff];
  const picture = [...SOI, ...SOF, ...SOS, ...data, ...comment, ...SOS, ...data, 0xff, 0xd9];
  // The one in the comment counts, as a decoder that is led astray may meet it.
  const expected = { scanCount: 3, end: picture.length };
  for (const trailer of [[], SOS, [0xff], picture]) {
    const { scanCount, end } = readJpegFrame(Uint8Array.of(...picture, ...trailer));
    assertEquals({ scanCount, end }, expected);
  }
});

Deno.test("readJpegFrame() goes on to the end of a file without an end of image", () => {
  const start = [...SOI, ...SOF, ...SOS, 1];
  for (const rest of [[], [0xff], [0xff, 0xfe], [0xff, 0xfe, 0xff, 0xff, 0xff, 0xd9]]) {
    const bytes = Uint8Array.of(...start, ...rest);
    assertEquals(readJpegFrame(bytes).end, bytes.length);
  }
});

Deno.test("readJpegFrame() refuses broken headers", () => {
  const faults: [string, number[]][] = [
    ["nothing after SOI", SOI],
    ["end before a scan", [...SOI, ...SOF, 0xff, 0xd9]],
    ["scan before the frame", [...SOI, ...SOS]],
    ["two frames", [...SOI, ...SOF, ...SOF, ...SOS]],
    ["length below 2", [...SOI, 0xff, 0xe0, 0, 1, ...SOF, ...SOS]],
    ["length beyond the file", [...SOI, 0xff, 0xe0, 0xff, 0xff, ...SOF, ...SOS]],
    ["frame cut short", [...SOI, 0xff, 0xc0, 0, 5, 8, 0, 47, ...SOS]],
    ["zero height", [...SOI, 0xff, 0xc0, 0, 11, 8, 0, 0, 0, 61, 1, 1, 0x11, 0, ...SOS]],
    ["only fill bytes", [...SOI, ...new Array(1_000).fill(0xff)]],
  ];
  for (const [name, bytes] of faults) {
    const error = assertThrows(() => readJpegFrame(Uint8Array.from(bytes)), ServiceError);
    assertEquals(error.code, "invalid_image", name);
  }
});

Deno.test("readJpegSegments() stops after a bounded number of segments", () => {
  const bytes = new Uint8Array(2 + 4 * 1_000_000);
  bytes.set(SOI);
  for (let i = 2; i < bytes.length; i += 4) bytes.set([0xff, 0xfe, 0, 2], i);
  let count = 0;
  assertThrows(
    () => {
      for (const _ of readJpegSegments(bytes)) count++;
    },
    ServiceError,
    "at most 4096 segments",
  );
  assertEquals(count, 4_096);
});

Deno.test("hasPrefix() compares the first bytes with a text", () => {
  assertEquals(hasPrefix(Uint8Array.of(0x49, 0x49, 0x2a), "II"), true);
  assertEquals(hasPrefix(Uint8Array.of(0x49), "II"), false);
  assertEquals(hasPrefix(Uint8Array.of(0x4d, 0x4d), "II"), false);
});
