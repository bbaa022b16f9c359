import { assert, assertEquals, assertRejects } from "@std/assert";
import { createImageDecoders } from "../../../lib/images/image_decoders.ts";
import type { ImageType } from "../../../lib/images/image_type.ts";
import type { Pixels } from "../../../lib/images/pixels.ts";
import { decoderModules } from "../../../lib/images/wasm_decoders.js";
import { ServiceError } from "../../../lib/service_error.ts";
import { assertColor, getColor, QUADRANTS, readFixture } from "./fixture_pictures.ts";

const GOOD: Record<ImageType, Uint8Array> = {
  jpeg: readFixture("baseline.jpg"),
  png: readFixture("animated.png"),
  webp: readFixture("lossy.webp"),
};
const TYPES = ["jpeg", "png", "webp"] as const;

function assertIsGood(pixels: Pixels): void {
  assertEquals([pixels.width, pixels.height, pixels.data.length], [61, 47, 61 * 47 * 4]);
  for (const { name, x, y, color } of QUADRANTS) {
    assertColor(getColor(pixels, x, y), color, { tolerance: 5, message: name });
  }
}

/** Gives a baseline JPEG other sides; what its data lacks then is gray. */
function resizeHeader(bytes: Uint8Array, side: number): Uint8Array {
  const resized = bytes.slice();
  const marker = resized.findIndex((byte, i) => byte === 0xff && resized[i + 1] === 0xc0);
  // The marker, the length and the precision take five bytes.
  new DataView(resized.buffer).setUint16(marker + 5, side);
  new DataView(resized.buffer).setUint16(marker + 7, side);
  return resized;
}

Deno.test("createImageDecoders() decodes each format", async () => {
  const decoders = createImageDecoders(decoderModules);
  for (const type of TYPES) assertIsGood(await decoders.decode(type, GOOD[type]));
});

Deno.test("createImageDecoders() decodes well after a broken picture", async () => {
  const decoders = createImageDecoders(decoderModules);
  for (const type of TYPES) {
    for (let round = 0; round < 3; round++) {
      const broken = GOOD[type].slice(0, 40 + round * 11);
      const error = await assertRejects(() => decoders.decode(type, broken), ServiceError);
      assertEquals(error.code, "invalid_image");
      assertIsGood(await decoders.decode(type, GOOD[type]));
    }
  }
});

Deno.test("createImageDecoders() keeps calls that run at once apart", async () => {
  const decoders = createImageDecoders(decoderModules);
  for (const type of TYPES) {
    const broken = GOOD[type].slice(0, 50);
    const results = await Promise.allSettled(
      [broken, GOOD[type], broken, GOOD[type]].map((bytes) => decoders.decode(type, bytes)),
    );
    const statuses = results.map(({ status }) => status);
    assertEquals(statuses, ["rejected", "fulfilled", "rejected", "fulfilled"], type);
    for (const result of results) if (result.status === "fulfilled") assertIsGood(result.value);
  }
});

Deno.test("createImageDecoders() drops a decoder whose memory a picture made large", async () => {
  let startCount = 0;
  const decoders = createImageDecoders({
    ...decoderModules,
    // Each start takes the module.
    get jpeg() {
      startCount++;
      return decoderModules.jpeg;
    },
  });
  for (let i = 0; i < 3; i++) assertIsGood(await decoders.decode("jpeg", GOOD.jpeg));
  assertEquals(startCount, 1);
  const { width, height, data } = await decoders.decode("jpeg", resizeHeader(GOOD.jpeg, 5_100));
  assertEquals([width, height, data.length], [5_100, 5_100, 5_100 * 5_100 * 4]);
  assertEquals(startCount, 1);
  for (let i = 0; i < 3; i++) assertIsGood(await decoders.decode("jpeg", GOOD.jpeg));
  assertEquals(startCount, 2);
});

Deno.test("createImageDecoders() gives the reason of the decoder", async () => {
  const decoders = createImageDecoders(decoderModules);
  const withoutTables = GOOD.jpeg.slice();
  const tables = withoutTables.indexOf(0xdb);
  // The quantisation tables become a comment.
  withoutTables[tables] = 0xfe;
  await assertRejects(
    () => decoders.decode("jpeg", withoutTables),
    ServiceError,
    "Quantization table 0x00 was not defined",
  );
});

Deno.test("createImageDecoders() takes modules that do not start as a fault of the service", async () => {
  const empty = new WebAssembly.Module(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0));
  const decoders = createImageDecoders({ ...decoderModules, png: empty });
  const error = await assertRejects(() => decoders.decode("png", GOOD.png));
  assert(error instanceof Error);
  assertIsGood(await decoders.decode("webp", GOOD.webp));
});
