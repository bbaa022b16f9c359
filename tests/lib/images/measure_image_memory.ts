/** Prints by how many megabytes 4,000 pictures, some of them broken, grow the process. */
import { decodeImage } from "../../../lib/images/decode_image.ts";
import { createImageDecoders } from "../../../lib/images/image_decoders.ts";
import { releasePixels } from "../../../lib/images/pixels.ts";
import { resizeImage } from "../../../lib/images/resize_image.ts";
import { decoderModules } from "../../../lib/images/wasm_decoders.js";
import { readFixture } from "./fixture_pictures.ts";

const decoders = createImageDecoders(decoderModules);
const pictures = ["baseline.jpg", "cmyk.jpg", "alpha.png", "lossy.webp"].map(readFixture);
const broken = pictures.map((bytes) => bytes.slice(0, bytes.length - 50));

async function load(bytes: Uint8Array): Promise<void> {
  const { pixels, orientation } = await decodeImage(bytes, decoders, { pixelsMax: 10_000 });
  resizeImage(pixels, { width: 64, height: 64, fit: "crop", orientation });
  releasePixels(pixels);
}

async function loadAll(rounds: number): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    const batch = round % 50 === 0 ? [...pictures, ...broken] : pictures;
    await Promise.allSettled(batch.map(load));
  }
}

await loadAll(300);
const before = Deno.memoryUsage().rss;
await loadAll(1_000);
// deno-lint-ignore no-console -- the output of this script.
console.log((Deno.memoryUsage().rss - before) / 1e6);
