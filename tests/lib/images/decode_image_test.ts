import { assertEquals, assertRejects } from "@std/assert";
import { decodeImage, IMAGE_SIDE_MAX } from "../../../lib/images/decode_image.ts";
import { createImageDecoders } from "../../../lib/images/image_decoders.ts";
import { decoderModules } from "../../../lib/images/wasm_decoders.js";
import { type ErrorCode, ServiceError } from "../../../lib/service_error.ts";
import {
  assertColor,
  FIXTURE_HEIGHT,
  FIXTURE_WIDTH,
  getColor,
  QUADRANTS,
  readFixture,
} from "./fixture_pictures.ts";

const PIXELS_MAX = 1_000_000;
const decoders = createImageDecoders(decoderModules);

async function assertRefused(
  bytes: Uint8Array,
  { code, message, pixelsMax = PIXELS_MAX }: {
    code: ErrorCode;
    message: string;
    pixelsMax?: number;
  },
): Promise<void> {
  const error = await assertRejects(
    () => decodeImage(bytes, decoders, { pixelsMax }),
    ServiceError,
    message,
  );
  assertEquals(error.code, code);
}

for (
  const [name, tolerance] of [
    ["baseline.jpg", 3],
    ["progressive.jpg", 3],
    ["full_chroma.jpg", 3],
    ["cmyk.jpg", 3],
    ["ycck.jpg", 4],
    ["animated.png", 0],
    ["lossy.webp", 5],
    ["lossless.webp", 0],
  ] as const
) {
  Deno.test(`decodeImage() gives the colours of ${name}`, async () => {
    const { pixels, orientation } = await decodeImage(readFixture(name), decoders, {
      pixelsMax: FIXTURE_WIDTH * FIXTURE_HEIGHT,
    });
    assertEquals([pixels.width, pixels.height], [FIXTURE_WIDTH, FIXTURE_HEIGHT]);
    assertEquals(pixels.data.length, FIXTURE_WIDTH * FIXTURE_HEIGHT * 4);
    assertEquals(orientation, 1);
    for (const { name, x, y, color } of QUADRANTS) {
      assertColor(getColor(pixels, x, y), color, { tolerance, message: name });
    }
  });
}

Deno.test("decodeImage() gives grayscale as equal channels", async () => {
  const bytes = readFixture("grayscale.jpg");
  const { pixels } = await decodeImage(bytes, decoders, { pixelsMax: PIXELS_MAX });
  for (const { name, x, y, color: [red, green, blue] } of QUADRANTS) {
    const luma = 0.299 * red + 0.587 * green + 0.114 * blue;
    const color = getColor(pixels, x, y);
    assertColor(color, [luma, luma, luma], { tolerance: 2, message: name });
    assertEquals(new Set(color).size, 1);
  }
});

for (const name of ["alpha.png", "alpha.webp", "alpha_lossless.webp"]) {
  Deno.test(`decodeImage() lays ${name} over white`, async () => {
    const { pixels } = await decodeImage(readFixture(name), decoders, { pixelsMax: PIXELS_MAX });
    for (const { name, x, y, color } of QUADRANTS) {
      const expected = name === "bottom right" ? [255, 255, 255] : color;
      assertColor(getColor(pixels, x, y), expected, { tolerance: 5, message: name });
    }
    assertEquals(pixels.data.every((value, i) => i % 4 !== 3 || value === 255), true);
  });
}

Deno.test("decodeImage() compares a 16-bit transparent colour with all its bits", async () => {
  const bytes = readFixture("gray_16_key.png");
  const { pixels } = await decodeImage(bytes, decoders, { pixelsMax: PIXELS_MAX });
  const grays = [0, 1, 2, 3].map((x) => getColor(pixels, x, 0)[0]);
  assertEquals(grays, [0, 255, 0x12, 255]);
});

Deno.test("decodeImage() gives the pixels as stored, and their orientation", async () => {
  for (const [name, expected] of [["orientation_6.jpg", 6], ["orientation_8.png", 8]] as const) {
    const options = { pixelsMax: PIXELS_MAX };
    const { pixels, orientation } = await decodeImage(readFixture(name), decoders, options);
    assertEquals([pixels.width, pixels.height, orientation], [47, 61, expected]);
  }
});

Deno.test("decodeImage() refuses what is not an image", async () => {
  await assertRefused(new Uint8Array(), { code: "not_an_image", message: "JPEG, PNG or WebP" });
  const text = new TextEncoder().encode("GIF89a, or anything else");
  await assertRefused(text, { code: "not_an_image", message: "JPEG, PNG or WebP" });
});

Deno.test("decodeImage() refuses one pixel too many, before it decodes", async () => {
  for (const name of ["baseline.jpg", "cmyk.jpg", "alpha.png", "lossy.webp", "animated.webp"]) {
    // Nothing but the headers, so decoding would give invalid_image.
    const bytes = readFixture(name);
    await assertRefused(bytes, {
      code: "image_too_large",
      message: "it has 61 x 47",
      pixelsMax: FIXTURE_WIDTH * FIXTURE_HEIGHT - 1,
    });
  }
  const headerOnly = readFixture("alpha.png").subarray(0, 33);
  await assertRefused(headerOnly, { code: "image_too_large", message: "61 x 47", pixelsMax: 9 });
});

Deno.test("decodeImage() refuses a side that no JPEG could have", async () => {
  const bytes = readFixture("alpha.png");
  new DataView(bytes.buffer).setUint32(16, IMAGE_SIDE_MAX + 1);
  new DataView(bytes.buffer).setUint32(20, 1);
  await assertRefused(bytes, { code: "image_too_large", message: "65536 x 1" });
});

Deno.test("decodeImage() refuses truncated files", async () => {
  for (const name of ["baseline.jpg", "progressive.jpg", "cmyk.jpg", "alpha.png", "alpha.webp"]) {
    const bytes = readFixture(name);
    await assertRefused(bytes.subarray(0, bytes.length - 60), {
      code: "invalid_image",
      message: "Cannot",
    });
  }
});

Deno.test("decodeImage() refuses an animated WebP", async () => {
  await assertRefused(readFixture("animated.webp"), {
    code: "invalid_image",
    message: "a WebP must not be animated",
  });
});

Deno.test("decodeImage() refuses a JPEG of very many scans, before it decodes", async () => {
  const bytes = readFixture("progressive.jpg");
  const scan = [0xff, 0xda, 0, 8, 1, 1, 0, 0, 0, 0, 0];
  const scans = new Array(91).fill(scan).flat();
  const end = bytes.length - 2;
  const bomb = Uint8Array.of(...bytes.subarray(0, end), ...scans, ...bytes.subarray(end));
  await assertRefused(bomb, { code: "invalid_image", message: "it has 101" });
});
