import { assertEquals, assertRejects } from "@std/assert";
import * as tf from "@tensorflow/tfjs-core";
import { layers, sequential } from "@tensorflow/tfjs-layers";
import { ServiceError } from "../../../lib/service_error.ts";
import { loadModel, MODEL_FORMATS, type ModelFiles } from "../../../models/formats/load_model.ts";
import { OPERATOR_CASES } from "./operator_cases.ts";
import { startTestBackend } from "./test_backend.ts";
import { createFiles, graphJson, node, placeholder, saveLayersModel } from "./tfjs_fixtures.ts";
import { buildTflite } from "./tflite_builder.ts";

async function createFilesOf(format: (typeof MODEL_FORMATS)[number]): Promise<ModelFiles> {
  const spec = OPERATOR_CASES.dense_softmax;
  if (format === "tflite" && spec) return new Map([["any.name", buildTflite(spec)]]);
  if (format === "tfjs-graph") {
    const nodes = [placeholder("image"), node("relu", "Relu", { input: ["image"] })];
    return createFiles(graphJson(nodes), { weights: [] });
  }
  return await saveLayersModel(
    sequential({ layers: [layers.dense({ inputShape: [3], units: 2 })] }),
  );
}

for (const format of MODEL_FORMATS) {
  Deno.test(`loadModel() loads, runs and frees ${format}`, async () => {
    await startTestBackend();
    const files = await createFilesOf(format);
    const before = tf.memory().numTensors;
    const model = await loadModel({ format, files });
    const input = tf.ones([3, ...model.inputShape.slice(1)]);
    const { logits, features } = model.predict(input);
    assertEquals(logits.shape, [3, model.classCount]);
    assertEquals(features.shape, [3, model.featureLength]);
    tf.dispose([input, logits, features]);
    model.dispose();
    assertEquals(tf.memory().numTensors, before);
  });
}

Deno.test("loadModel() refuses an unknown format", async () => {
  const source = { format: "onnx" as "tflite", files: new Map() };
  const error = await assertRejects(() => loadModel(source), ServiceError);
  assertEquals(error.code, "model_unusable");
  assertEquals(
    error.message,
    "Cannot load model as its format must be one of tflite, tfjs-graph, tfjs-layers: found onnx",
  );
});

Deno.test("loadModel() refuses no file and two files for tflite", async () => {
  const file = new Uint8Array(8);
  for (const files of [new Map(), new Map([["a", file], ["b", file]])]) {
    await assertRejects(
      () => loadModel({ format: "tflite", files }),
      ServiceError,
      "must be one file",
    );
  }
});
