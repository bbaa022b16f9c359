/**
 * Accuracy of an ImageNet model on labelled photos, through the service's own image line, for each
 * way of fitting a photo into the input:
 *
 *   deno run --allow-read --allow-env bench/accuracy_bench.ts FOLDER [MODEL...]
 *
 * FOLDER holds photos of all 1,000 classes whose file names sort like the classes' WordNet ids, as
 * `n01440764_tench.JPEG`: EliSchwartz/imagenet-sample-images has one photo per class. Models are
 * read from DATA_DIR, where `deno task pull` puts them. Writes `FOLDER: model, fit, top-1, top-5`.
 */
import { decodeImage } from "../lib/images/decode_image.ts";
import { createImageDecoders } from "../lib/images/image_decoders.ts";
import { resizeImage } from "../lib/images/resize_image.ts";
import { decoderModules } from "../lib/images/wasm_decoders.js";
import { topK } from "../lib/top_k.ts";
import { CATALOG, type CatalogEntry } from "../models/catalog.ts";
import { loadModel } from "../models/formats/load_model.ts";
import type { LoadedModel } from "../models/formats/loaded_model.ts";
import { createHubSource } from "../models/hub/hub_source.ts";
import { type ImagePreprocessing, imageToTensor } from "../models/image_input.ts";
import { initWasmBackend } from "../models/wasm_backend.ts";
import { loadTfjsWasmModule } from "../models/wasm_simd.ts";

const FITS: Pick<ImagePreprocessing, "fit" | "cropFraction">[] = [
  { fit: "crop", cropFraction: 0.875 },
  { fit: "crop", cropFraction: 0.95 },
  { fit: "crop", cropFraction: 1 },
  { fit: "stretch", cropFraction: 1 },
];
const CLASSES = 1_000;
const PIXELS_MAX = 100_000_000;

const [folder, ...names] = Deno.args;
if (!folder) throw new Error("Usage: accuracy_bench.ts FOLDER [MODEL...]");
const photos = [...Deno.readDirSync(folder)].map(({ name }) => name)
  .filter((name) => /^n\d{8}.*\.jpe?g$/i.test(name)).sort();
const classIds = [...new Set(photos.map((name) => name.slice(0, 9)))];
if (classIds.length !== CLASSES) {
  throw new Error(`${folder} must have photos of ${CLASSES} classes: found ${classIds.length}`);
}

await initWasmBackend(await loadTfjsWasmModule());
const decoders = createImageDecoders(decoderModules);
const source = createHubSource(CATALOG, Deno.env.get("DATA_DIR") || "data");
for (const entry of CATALOG) {
  if (names.length > 0 && !names.includes(entry.name)) continue;
  const known = await source.find(entry.name);
  if (!known?.isHere) continue;
  const model = await loadModel((await source.read(known)).backbone);
  const hits = await countHits(model, entry);
  for (const [index, { fit, cropFraction }] of FITS.entries()) {
    const [top1, top5] = (hits[index] ?? []).map((count) => (count / photos.length).toFixed(3));
    // deno-lint-ignore no-console -- the result
    console.log(`${entry.name}: ${fit} ${cropFraction}: top-1 ${top1}, top-5 ${top5}`);
  }
  model.dispose();
}

/** For each of FITS, how many photos have their class first, and among the first five. */
async function countHits(model: LoadedModel, entry: CatalogEntry): Promise<[number, number][]> {
  const hits = FITS.map((): [number, number] => [0, 0]);
  for (const name of photos) {
    const bytes = await Deno.readFile(`${folder}/${name}`);
    const { pixels, orientation } = await decodeImage(bytes, decoders, { pixelsMax: PIXELS_MAX });
    // Index 0 is the background.
    const expected = classIds.indexOf(name.slice(0, 9)) + 1;
    for (const [index, fit] of FITS.entries()) {
      const input = { ...entry.input, ...fit };
      const tensor = imageToTensor(resizeImage(pixels, { ...input, orientation }), input);
      const { logits, features } = model.predict(tensor);
      const best = topK(logits.dataSync(), { k: 5 }).map((scored) => scored.index);
      for (const used of [tensor, logits, features]) used.dispose();
      const hit = hits[index];
      if (!hit) continue;
      hit[0] += Number(best[0] === expected);
      hit[1] += Number(best.includes(expected));
    }
  }
  return hits;
}
