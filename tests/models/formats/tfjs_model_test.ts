import { assertEquals, assertThrows } from "@std/assert";
import * as tf from "@tensorflow/tfjs-core";
import { ServiceError } from "../../../lib/service_error.ts";
import {
  createTfjsModel,
  readInputShape,
  requireOneVector,
  toServiceError,
} from "../../../models/formats/tfjs_model.ts";
import { startTestBackend } from "./test_backend.ts";

Deno.test("createTfjsModel() learns the lengths of the outputs and flattens them", async () => {
  await startTestBackend();
  let freed = 0;
  const before = tf.memory().numTensors;
  const model = createTfjsModel({
    inputShape: [1, 2, 3],
    outputActivation: "softmax",
    run: (input) => ({ logits: tf.sum(input, 2), features: tf.mul(input, 2) }),
    free: () => freed++,
  });
  assertEquals([model.classCount, model.featureLength], [2, 6]);
  assertEquals(tf.memory().numTensors, before);
  const input = tf.ones([4, 2, 3]);
  const { logits, features } = model.predict(input);
  assertEquals([logits.shape, features.shape], [[4, 2], [4, 6]]);
  assertEquals(tf.memory().numTensors, before + 3);
  assertThrows(() => model.predict(tf.ones([4, 3, 2])), TypeError);
  model.dispose();
  assertEquals(freed, 1);
});

Deno.test("readInputShape() takes the open batch for 1 and refuses other open sizes", () => {
  assertEquals(readInputShape([null, 2, 3]), [1, 2, 3]);
  assertEquals(readInputShape([-1, 2]), [1, 2]);
  for (const shape of [undefined, [], [1], [null, null, 3], [-1, -1], [1, 0]]) {
    assertThrows(() => readInputShape(shape), ServiceError, "its input shape must be known");
  }
});

Deno.test("requireOneVector() takes the last axis, and refuses others that are longer than 1", () => {
  for (const shape of [[null, 5], [2, 1, 1, 5], [1, 1, null]]) requireOneVector(shape);
  for (const shape of [[1, 2, 1], [null, null, 3]]) {
    assertThrows(() => requireOneVector(shape), ServiceError, "over one vector");
  }
});

Deno.test("readInputShape() refuses an input beyond reason", () => {
  const error = assertThrows(() => readInputShape([null, 10_000, 10_000, 3]), ServiceError);
  assertEquals(error.code, "model_unusable");
});

Deno.test("toServiceError() names kernels and layers that are missing", () => {
  const kernel = toServiceError(new Error("Kernel 'Complex' not registered for backend 'wasm'"));
  assertEquals(kernel.code, "unsupported_operator");
  assertEquals(kernel.message, "Cannot use TensorFlow.js model as Complex is not supported");
  const layer = toServiceError(new Error("Unknown layer: Mystery. This may be due to ..."));
  assertEquals(layer.code, "unsupported_operator");
  assertEquals(toServiceError(new Error("other")).code, "model_unusable");
  assertEquals(toServiceError(kernel), kernel);
});
