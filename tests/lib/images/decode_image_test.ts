import { assert, assertEquals, assertRejects } from "@std/assert";
import { IMAGE_SIDE_MAX } from "../../../lib/images/check_image.ts";
import { decodeImage } from "../../../lib/images/decode_image.ts";
import { createImageDecoders, type ImageDecoders } from "../../../lib/images/image_decoders.ts";
import { readJpegFrame } from "../../../lib/images/jpeg_header.ts";
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
  const rule = "Cannot decode image as it must be JPEG, PNG or WebP";
  const empty = new Uint8Array();
  await assertRefused(empty, { code: "not_an_image", message: `${rule}: it is empty` });
  const gif = new TextEncoder().encode("GIF89a, or anything else");
  await assertRefused(gif, {
    code: "not_an_image",
    message: `${rule}: it starts with 47 49 46 38 39 61 2c 20 (GIF)`,
  });
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

/** Adds scans of a few bytes before the end of a JPEG. */
function addScans(bytes: Uint8Array, count: number): Uint8Array {
  const scan = [0xff, 0xda, 0, 8, 1, 1, 0, 0, 0, 0, 0];
  const scans = new Array(count).fill(scan).flat();
  const end = bytes.length - 2;
  return Uint8Array.of(...bytes.subarray(0, end), ...scans, ...bytes.subarray(end));
}

/** Adds bytes without order after the end of a file, as the film of a phone's photo is. */
function addTrailer(bytes: Uint8Array): Uint8Array {
  const extended = new Uint8Array(bytes.length + 12_000_000);
  extended.set(bytes);
  let random = 1;
  for (let i = bytes.length; i < extended.length; i++) {
    random = (Math.imul(random, 1_664_525) + 1_013_904_223) | 0;
    extended[i] = random >>> 24;
  }
  return extended;
}

Deno.test("decodeImage() refuses a JPEG of very many scans, before it decodes", async () => {
  for (const name of ["progressive.jpg", "cmyk_progressive.jpg"]) {
    const bytes = readFixture(name);
    const { scanCount } = readJpegFrame(bytes);
    const bomb = addScans(bytes, 101 - scanCount);
    await assertRefused(bomb, { code: "invalid_image", message: "it has 101" });
    await assertRefused(addTrailer(bomb), { code: "invalid_image", message: "it has 101" });
  }
});

Deno.test("decodeImage() takes a JPEG with a film after it", async () => {
  for (const name of ["baseline.jpg", "progressive.jpg", "cmyk.jpg"]) {
    const bytes = readFixture(name);
    const extended = addTrailer(bytes);
    const scanHeaderCount = extended.filter((byte, i) => byte === 0xda && extended[i - 1] === 0xff)
      .length;
    assert(scanHeaderCount > 101, `The film has only ${scanHeaderCount} scan headers`);
    const expected = await decodeImage(bytes, decoders, { pixelsMax: PIXELS_MAX });
    const actual = await decodeImage(extended, decoders, { pixelsMax: PIXELS_MAX });
    assertEquals(actual, expected, name);
  }
});

Deno.test("decodeImage() keeps what comes after a JPEG from the decoder", async () => {
  const bytes = readFixture("baseline.jpg");
  const seen: number[] = [];
  const observed: ImageDecoders = {
    decode(type, bytes) {
      seen.push(bytes.length);
      return decoders.decode(type, bytes);
    },
  };
  await decodeImage(addTrailer(bytes), observed, { pixelsMax: PIXELS_MAX });
  assertEquals(seen, [bytes.length]);
});

Deno.test("decodeImage() and resizeImage() do not grow the memory", async () => {
  // In a process of its own, as tests that run at the same time have memory too.
  const script = new URL("measure_image_memory.ts", import.meta.url);
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--frozen", "--no-check", "--allow-read", "--allow-env", script.pathname],
  }).output();
  const growth = Number.parseFloat(new TextDecoder().decode(stdout));
  assert(growth < 30, `Grew by ${growth} MB: ${new TextDecoder().decode(stderr)}`);
});
