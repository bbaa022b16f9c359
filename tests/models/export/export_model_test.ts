import { assertEquals, assertRejects } from "@std/assert";
import * as tf from "@tensorflow/tfjs-core";
import { ServiceError } from "../../../lib/service_error.ts";
import { exportModel, type StoredModel } from "../../../models/export/export_model.ts";
import { makeLayersFiles, makeTfliteFile } from "../archive/archive_fixtures.ts";
import { startTestBackend } from "../formats/test_backend.ts";
import { constant, createFiles, graphJson, node, placeholder } from "../formats/tfjs_fixtures.ts";
import { makeLayer } from "../heads/head_fixtures.ts";
import { loadExported } from "./load_exported.ts";

await startTestBackend();

const OPTIONS = { createdAt: new Date(0) };

/** Mean of each channel. */
function makeGraphFiles(): ReadonlyMap<string, Uint8Array> {
  const nodes = [
    placeholder("image", [-1, 8, 8, 3]),
    constant("axes"),
    node("features", "Mean", { input: ["image", "axes"] }),
  ];
  return createFiles(graphJson(nodes), {
    weights: [{ name: "axes", shape: [2], values: [1, 2] }],
  });
}

const MODEL: Omit<StoredModel, "format" | "files"> = {
  name: "pets",
  head: { layers: [makeLayer(3, 2)] },
  labels: ["cat", "dog"],
  input: {
    height: 8,
    width: 8,
    channels: 3,
    scale: 1 / 127,
    offset: -1,
    fit: "crop",
    cropFraction: 1,
  },
};

Deno.test("exportModel() joins a head with a backbone of any format", async () => {
  const backbones = {
    tflite: new Map([["model.tflite", makeTfliteFile()]]),
    "tfjs-graph": makeGraphFiles(),
    "tfjs-layers": await makeLayersFiles(),
  };
  const scores: number[][] = [];
  for (const [format, files] of Object.entries(backbones)) {
    const stored = { ...MODEL, format, files } as StoredModel;
    const model = await loadExported(await exportModel(stored, OPTIONS));
    const output = model.predict(tf.fill([1, 8, 8, 3], 0.5)) as tf.Tensor;
    scores.push([...output.dataSync()]);
  }
  // The features of all three are the means of the channels.
  const logits = [0, 1].map((unit) => {
    const { weights, bias } = makeLayer(3, 2);
    return [0, 1, 2].reduce(
      (sum, i) => sum + 0.5 * (weights[i * 2 + unit] ?? NaN),
      bias[unit] ?? NaN,
    );
  });
  const [first = NaN, second = NaN] = logits;
  const expected = 1 / (1 + Math.exp(second - first));
  assertEquals(scores.length, 3);
  for (const [score = NaN] of scores) assertEquals(Math.abs(score - expected) < 1e-6, true);
});

Deno.test("exportModel() gives the files of a layers model without a head back", async () => {
  const files = await makeLayersFiles();
  const stored: StoredModel = { ...MODEL, format: "tfjs-layers", files, head: undefined };
  assertEquals(await exportModel(stored, OPTIONS), files);
});

Deno.test("exportModel() refuses a TensorFlow Lite model of several files", async () => {
  const files = new Map([["a", new Uint8Array()], ["b", new Uint8Array()]]);
  const stored: StoredModel = { ...MODEL, format: "tflite", files };
  const error = await assertRejects(() => exportModel(stored, OPTIONS), ServiceError, "found 2");
  assertEquals(error.code, "model_unusable");
});
