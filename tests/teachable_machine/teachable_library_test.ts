import { assert, assertEquals, assertLessOrEqual } from "@std/assert";
import { PNG } from "pngjs";
import { unzipFiles } from "../../lib/archives/unzip_files.ts";
import { checkModel } from "../../models/archive/check_model.ts";
import { ARCHIVE_LIMITS } from "../../models/archive/model_archive.ts";
import { exportLayersModel } from "../../models/export/export_layers_model.ts";
import { GraphRunner } from "../../models/formats/graph_runner.ts";
import type { LoadedModel } from "../../models/formats/loaded_model.ts";
import { readTfliteGraph } from "../../models/formats/tflite_graph.ts";
import { attachHead } from "../../models/heads/attach_head.ts";
import type { ImageInput } from "../../models/image_input.ts";
import { runInferenceLine } from "../../models/inference_line.ts";
import { createImageDecoders } from "../../lib/images/image_decoders.ts";
import { decoderModules } from "../../lib/images/wasm_decoders.js";
import { loadModel } from "../../models/formats/load_model.ts";
import type { ImageModelInput } from "../../models/model_description.ts";
import { largestDifference, startTestBackend } from "../models/formats/test_backend.ts";
import { makeLayer } from "../models/heads/head_fixtures.ts";
import { makeTfliteFile } from "../models/archive/archive_fixtures.ts";
import { hasTeachableLibrary, predictWithTeachableLibrary } from "./teachable_library.ts";

const SHARED = new URL("../../../shared/", import.meta.url);
const MOBILENET = new URL(
  "hub/7aad0c74c5e3c06e5eb3c827e13304fdd68a83da6087d92ee169c24ff9fd4776",
  SHARED,
);
const hasLibrary = await hasTeachableLibrary();
const hasShared = await Deno.stat(SHARED).then(() => true, () => false);
const NEEDS = "(needs chromium and npm ci in tests/teachable_machine)";

const INPUT = { scale: 1 / 127.5, offset: -1, fit: "crop", cropFraction: 0.875 } as const;

/** A picture with edges, gradients and every level: `[size, size]`. */
function drawPicture(size: number, seed: number): Uint8Array<ArrayBuffer> {
  const png = new PNG({ width: size, height: size, colorType: 2 });
  for (let y = 0, at = 0; y < size; y++) {
    for (let x = 0; x < size; x++, at += 4) {
      const checker = ((x >> 4) + (y >> 4)) % 2 * 60;
      png.data[at] = (x * seed + checker) % 256;
      png.data[at + 1] = (y * (seed + 1) + checker) % 256;
      png.data[at + 2] = (x * y * seed >> 6) % 256;
      png.data[at + 3] = 255;
    }
  }
  return new Uint8Array(PNG.sync.write(png, { colorType: 2 }));
}

/** The service's scores in the order of the labels. */
async function classify(
  { model, input }: { model: LoadedModel; input: ImageInput },
  bytes: Uint8Array<ArrayBuffer>,
): Promise<number[]> {
  const { answer } = await runInferenceLine(
    {
      model,
      input: { kind: "image", ...input },
      decoders: createImageDecoders(decoderModules),
    },
    {
      input: { kind: "image", bytes },
      pixelsMax: 1e6,
      query: { verb: "classify", topK: model.classCount, threshold: 0 },
    },
  );
  assert(answer.verb === "classify");
  const sorted = answer.predictions.toSorted((left, right) => left.index - right.index);
  return sorted.map(({ score }) => score);
}

interface ExportCase {
  name: string;
  read(): Uint8Array<ArrayBuffer>;
  size: number;
  /** What the library shows the model: larger, as the service takes the middle of a picture. */
  shown: number;
  ignore: boolean;
}

const EXPORT_CASES: ExportCase[] = [
  { name: "a small network", read: makeTfliteFile, size: 8, shown: 9, ignore: !hasLibrary },
  {
    name: "mobilenet-v2 with a head (needs ../shared)",
    read: () => Deno.readFileSync(MOBILENET),
    size: 224,
    shown: 256,
    ignore: !hasLibrary || !hasShared,
  },
];

for (const { name, read, size, shown, ignore } of EXPORT_CASES) {
  Deno.test({
    name: `Teachable Machine's library gives the service's scores for ${name} ${NEEDS}`,
    ignore,
    fn: async () => {
      await startTestBackend();
      const { graph } = readTfliteGraph(read());
      // Scores that are neither all alike nor all 0 and 1.
      const layer = makeLayer(graph.featureLength, 4);
      const head = { layers: [{ ...layer, weights: layer.weights.map((value) => value / 8) }] };
      const input: ImageInput = { height: size, width: size, channels: 3, ...INPUT };
      const labels = ["a", "b", "c", "d"];
      const files = exportLayersModel({ name: "pets", graph, head, labels, input }, {
        createdAt: new Date(0),
      });
      const pictures = [drawPicture(shown, 3)];
      const found = await predictWithTeachableLibrary({ files, pictures });
      assertEquals(found.labels, labels);
      const model = attachHead(new GraphRunner(graph), head);
      for (const [index, picture] of pictures.entries()) {
        // No resizing where the crop is the input's own size, so nothing but rounding differs.
        const expected = await classify({ model, input }, picture);
        const tolerance = shown * INPUT.cropFraction === size ? 1e-4 : 5e-2;
        assertLessOrEqual(largestDifference(found.answers[index] ?? [], expected), tolerance);
      }
    },
  });
}

Deno.test({
  name:
    `an imported model gives the scores of Teachable Machine's library ${NEEDS} (and ../shared)`,
  ignore: !hasLibrary || !hasShared,
  fn: async () => {
    await startTestBackend();
    const zip = await Deno.readFile(new URL("teachable-machine/image-model.zip", SHARED));
    const imported = await checkModel(zip);
    const samples = await unzipFiles(
      await Deno.readFile(new URL("teachable-machine/image-model-data.zip", SHARED)),
      ARCHIVE_LIMITS,
    );
    const pictures = [drawPicture(224, 3), ...samples.values().take(1)];
    const files = new Map([...imported.files, ...imported.companions]);
    const { answers } = await predictWithTeachableLibrary({ files, pictures });
    const model = await loadModel(imported);
    for (const [index, picture] of pictures.entries()) {
      const expected = await classify({ model, input: imported.input as ImageModelInput }, picture);
      assertLessOrEqual(largestDifference(answers[index] ?? [], expected), 1e-4);
    }
    model.dispose();
  },
});
