/** Prints by how many megabytes 4,000 pictures, some of them broken, grow the process. */
import { createImageDecoders } from "../../../lib/images/image_decoders.ts";
import { loadImage } from "../../../lib/images/load_image.ts";
import { decoderModules } from "../../../lib/images/wasm_decoders.js";
import { readFixture } from "./fixture_pictures.ts";

const decoders = createImageDecoders(decoderModules);
const pictures = ["baseline.jpg", "cmyk.jpg", "alpha.png", "lossy.webp"].map(readFixture);
const broken = pictures.map((bytes) => bytes.slice(0, bytes.length - 50));
const options = { pixelsMax: 10_000, width: 64, height: 64, fit: "crop" } as const;

async function loadAll(rounds: number): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    const batch = round % 50 === 0 ? [...pictures, ...broken] : pictures;
    await Promise.allSettled(batch.map((bytes) => loadImage(bytes, decoders, options)));
  }
}

await loadAll(300);
const before = Deno.memoryUsage().rss;
await loadAll(1_000);
// deno-lint-ignore no-console -- the output of this script.
console.log((Deno.memoryUsage().rss - before) / 1e6);
