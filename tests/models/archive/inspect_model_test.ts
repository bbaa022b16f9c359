import { assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import * as tf from "@tensorflow/tfjs-core";
import { layers, sequential } from "@tensorflow/tfjs-layers";
import { ServiceError } from "../../../lib/service_error.ts";
import { inspectModel } from "../../../models/archive/inspect_model.ts";
import {
  DEFAULT_PREPROCESSING,
  type ModelArchive,
  TEACHABLE_MACHINE_PREPROCESSING,
} from "../../../models/archive/model_archive.ts";
import type { ImageModelInput } from "../../../models/model_description.ts";
import { readModelArchive } from "../../../models/archive/read_model_archive.ts";
import { startTestBackend } from "../formats/test_backend.ts";
import { saveLayersModel } from "../formats/tfjs_fixtures.ts";
import { buildTflite } from "../formats/tflite_builder.ts";
import * as parts from "../formats/tflite_parts.ts";
import { makeSeriesZip, makeTeachableZip, makeTfliteFile, METADATA } from "./archive_fixtures.ts";

await startTestBackend();

Deno.test("inspectModel() tells what a network is and leaves no tensor behind", async () => {
  const archive = await readModelArchive(await makeTeachableZip({ channels: 1 }));
  const before = tf.memory().numTensors;
  assertEquals(await inspectModel(archive), {
    input: { kind: "image", height: 8, width: 8, channels: 1, ...TEACHABLE_MACHINE_PREPROCESSING },
    classCount: 2,
    featureLength: 1,
    outputActivation: "softmax",
  });
  assertEquals(tf.memory().numTensors, before);
});

Deno.test("inspectModel() takes the default preprocessing for a float32 .tflite file", async () => {
  const { input } = await inspectModel(await readModelArchive(makeTfliteFile()));
  const size = { height: 8, width: 8, channels: 3 } as const;
  assertEquals(input, { kind: "image", ...size, ...DEFAULT_PREPROCESSING });
});

for (const [type, zeroPoint] of [["uint8", 128], ["int8", 0]] as const) {
  Deno.test(`inspectModel() reads the preprocessing of a ${type} .tflite file`, async () => {
    const input = { shape: [1, 4, 4, 3], type, scales: [1 / 128], zeroPoints: [zeroPoint] };
    const file = buildTflite(parts.chain(input, [{
      name: "MEAN",
      shape: [1, 3],
      constants: [parts.integers([2], [1, 2])],
      options: parts.mean(0),
    }]));
    const inspection = await inspectModel(await readModelArchive(new Uint8Array(file)));
    const { scale, offset } = inspection.input as ImageModelInput;
    assertAlmostEquals(scale, 1 / 128, 1e-9);
    // Pixel 128 is the one that stands for 0.
    assertAlmostEquals(scale * 128 + offset, 0, 1e-9);
  });
}

async function makeArchive(model: Parameters<typeof saveLayersModel>[0]): Promise<ModelArchive> {
  const files = await saveLayersModel(model);
  model.dispose();
  return {
    origin: "tfjs",
    format: "tfjs-layers",
    files,
    companions: new Map(),
    labels: undefined,
    preprocessing: undefined,
    inputShape: undefined,
    declaredInput: {},
  };
}

Deno.test("inspectModel() takes networks over series, with any number of steps or a certain one", async () => {
  const before = tf.memory().numTensors;
  const open = await inspectModel(await readModelArchive(await makeSeriesZip()));
  assertEquals(open.input, { kind: "series", channels: 2, stepsMax: 1_000_000 });
  assertEquals([open.classCount, open.featureLength], [3, 6]);
  const fixed = await inspectModel(await readModelArchive(await makeSeriesZip({ steps: 9 })));
  assertEquals(fixed.input, { kind: "series", channels: 2, stepsMax: 9 });
  assertEquals(tf.memory().numTensors, before);
});

Deno.test("inspectModel() refuses networks that it cannot serve", async () => {
  const vector = sequential({ layers: [layers.dense({ units: 2, inputShape: [5] })] });
  const text = sequential({
    layers: [
      layers.embedding({ inputDim: 9, outputDim: 4, inputShape: [null] }),
      layers.globalAveragePooling1d({}),
      layers.dense({ units: 2 }),
    ],
  });
  const spectrum = sequential({
    layers: [layers.globalAveragePooling2d({ inputShape: [43, 232, 2] })],
  });
  const infinite = sequential({
    layers: [
      layers.globalAveragePooling2d({ inputShape: [4, 4, 3] }),
      layers.dense({
        units: 2,
        kernelInitializer: "zeros",
        weights: [tf.fill([3, 2], 3e38), tf.fill([2], 3e38)],
      }),
    ],
  });
  const size = await readModelArchive(
    await makeTeachableZip({ metadata: { ...METADATA, imageSize: 224 } }),
  );
  const gray = await readModelArchive(
    await makeTeachableZip({ metadata: { ...METADATA, grayscale: true } }),
  );
  const weights = await readModelArchive(await makeTeachableZip());
  const open = { ...await makeArchive(text), inputShape: [null, null] };
  const cut = new Map(weights.files).set("group1-shard1of1.bin", new Uint8Array(8));
  const broken: [ModelArchive, string][] = [
    [await makeArchive(vector), "texts and vectors cannot be imported: found [1, 5]"],
    [open, "texts and vectors cannot be imported: found [1, any number]"],
    [await makeArchive(spectrum), "found [1, 43, 232, 2]"],
    [await makeArchive(infinite), "its outputs must be finite: found Infinity"],
    [size, "imageSize in metadata.json must be that of the network, 8 x 8: found 224"],
    [gray, "grayscale in metadata.json must fit the network, which takes 3 channels: found true"],
    [{ ...weights, files: cut }, "must have 32 bytes: found 8"],
  ];
  const before = tf.memory().numTensors;
  for (const [archive, rule] of broken) {
    const error = await assertRejects(() => inspectModel(archive), ServiceError, rule);
    assertEquals(error.code, "model_unusable");
  }
  assertEquals(tf.memory().numTensors, before);
});
