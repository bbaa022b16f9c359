import { assertEquals, assertLessOrEqual, assertRejects } from "@std/assert";
import * as tf from "@tensorflow/tfjs-core";
import { layers, sequential } from "@tensorflow/tfjs-layers";
import { ServiceError } from "../../../lib/service_error.ts";
import { softmax } from "../../../lib/softmax.ts";
import {
  exportHeadedLayers,
  type HeadedLayersModel,
} from "../../../models/export/export_headed_layers.ts";
import type { ModelFiles } from "../../../models/formats/loaded_model.ts";
import { loadTfjsLayersModel } from "../../../models/formats/tfjs_layers_model.ts";
import { attachHead } from "../../../models/heads/attach_head.ts";
import { largestDifference, startTestBackend } from "../formats/test_backend.ts";
import { saveLayersModel } from "../formats/tfjs_fixtures.ts";
import { makeLayer } from "../heads/head_fixtures.ts";
import { loadExported, readJson } from "./load_exported.ts";

await startTestBackend();

const OPTIONS = { createdAt: new Date(0) };

/** Sequential models inside of each other, as Teachable Machine's are. */
async function makeNestedFiles(): Promise<ModelFiles> {
  const convolution = sequential({
    layers: [
      layers.conv2d({ filters: 4, kernelSize: 3, strides: 2, inputShape: [7, 7, 3] }),
      layers.batchNormalization(),
      layers.reLU({ maxValue: 6 }),
      layers.globalAveragePooling2d({}),
    ],
  });
  const dense = sequential({
    layers: [
      layers.dense({ units: 5, activation: "relu", inputShape: [4] }),
      layers.dense({ units: 2, activation: "softmax", useBias: false }),
    ],
  });
  return await saveLayersModel(sequential({ layers: [convolution, dense] }));
}

function makeModel(files: ModelFiles): HeadedLayersModel {
  return {
    name: "pets",
    files,
    head: { layers: [makeLayer(5, 6, { activation: "relu" }), makeLayer(6, 3)] },
    labels: ["a", "b", "c"],
    input: {
      height: 7,
      width: 7,
      channels: 3,
      scale: 1 / 127.5,
      offset: -1,
      fit: "crop",
      cropFraction: 0.7,
    },
  };
}

for (const convention of ["teachable-machine", "network"] as const) {
  Deno.test(`exportHeadedLayers() gives the service's scores, input of ${convention}`, async () => {
    const files = await makeNestedFiles();
    const model = makeModel(files);
    const before = tf.memory().numTensors;
    const exported = await exportHeadedLayers(model, { ...OPTIONS, convention });
    assertEquals(tf.memory().numTensors, before);
    const pixels = tf.floor(tf.randomUniform([2, 10, 10, 3], 0, 256, "float32", 5));
    const served = tf.sub(tf.div(tf.slice(pixels, [0, 1, 1, 0], [2, 7, 7, 3]), 127.5), 1);
    const given = convention === "network" ? served : tf.sub(tf.div(pixels, 127), 1);
    const found = (await loadExported(exported)).predict(given) as tf.Tensor;
    const own = attachHead(await loadTfjsLayersModel(files), model.head);
    const expected = own.predict(served).logits.arraySync().flatMap((row) => {
      return [...softmax(Float32Array.from(row))];
    });
    assertLessOrEqual(largestDifference(found.dataSync(), expected), 1e-5);
    assertEquals(readJson(exported, "metadata.json").imageSize, convention === "network" ? 7 : 10);
  });
}

Deno.test("exportHeadedLayers() refuses a backbone that does not load and leaves no tensor", async () => {
  const files = new Map(await makeNestedFiles()).set("model.json", new Uint8Array());
  const before = tf.memory().numTensors;
  await assertRejects(
    () => exportHeadedLayers(makeModel(files), OPTIONS),
    ServiceError,
    "not JSON",
  );
  assertEquals(tf.memory().numTensors, before);
});

Deno.test("exportHeadedLayers() throws when head or labels do not fit", async () => {
  const model = makeModel(await makeNestedFiles());
  const broken = [
    { ...model, head: { layers: [makeLayer(4, 3)] } },
    { ...model, labels: ["a"] },
  ];
  for (const each of broken) {
    await assertRejects(() => exportHeadedLayers(each, OPTIONS), TypeError);
  }
});
