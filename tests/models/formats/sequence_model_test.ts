import { assertEquals, assertThrows } from "@std/assert";
import * as tf from "@tensorflow/tfjs-core";
import { ServiceError } from "../../../lib/service_error.ts";
import { createIdentityModel } from "../../../models/formats/identity_model.ts";
import {
  isSequenceModel,
  readHeadActivation,
  scoreFeatures,
} from "../../../models/formats/sequence_model.ts";
import { loadTfjsSequenceModel } from "../../../models/formats/tfjs_sequence_model.ts";
import { makeLstm } from "./recurrent_fixtures.ts";
import { startTestBackend } from "./test_backend.ts";

await startTestBackend();

Deno.test("isSequenceModel() tells recurrent models from others", async () => {
  const sequence = await loadTfjsSequenceModel(await makeLstm());
  const plain = createIdentityModel(3);
  assertEquals([isSequenceModel(sequence), isSequenceModel(plain)], [true, false]);
  sequence.dispose();
  plain.dispose();
});

Deno.test("readHeadActivation() takes what scores come from", () => {
  assertEquals(["softmax", "sigmoid", "linear"].map(readHeadActivation), [
    "softmax",
    "sigmoid",
    "linear",
  ]);
  assertThrows(() => readHeadActivation("relu"), ServiceError, "found relu");
});

Deno.test("scoreFeatures() adds a bias where there is one, and leaves nothing else behind", () => {
  const features = tf.tensor2d([[1, 2]]);
  const kernel = tf.tensor2d([[1, 10], [100, 1000]]);
  const bias = tf.tensor1d([0.5, 0.25]);
  const before = tf.memory().numTensors;
  const scores = [undefined, bias].map((each) => scoreFeatures(features, { kernel, bias: each }));
  assertEquals(scores.map((each) => [...each.dataSync()]), [[201, 2010], [201.5, 2010.25]]);
  assertEquals(tf.memory().numTensors, before + 2);
  tf.dispose([features, kernel, bias, ...scores]);
});
