import { assertEquals, assertLessOrEqual, assertThrows } from "@std/assert";
import * as tf from "@tensorflow/tfjs-core";
import { ServiceError } from "../../../lib/service_error.ts";
import { loadTfjsGenerator } from "../../../models/formats/tfjs_generator.ts";
import { GRU_SIZES, makeGru, readGruLogits, stepGru } from "./gru_fixtures.ts";
import { largestDifference, startTestBackend } from "./test_backend.ts";
import { editModelFile } from "./tfjs_fixtures.ts";

await startTestBackend();

/** Six steps of sums of six products in float32. */
const TOLERANCE = 1e-5;

Deno.test("loadTfjsGenerator() steps and reads as the formula does", () => {
  const before = tf.memory().numTensors;
  const { files, weights } = makeGru();
  const generator = loadTfjsGenerator(files);
  assertEquals([generator.tokenCount, generator.stateLength], [5, 3]);
  const loaded = tf.memory().numTensors;
  let expected = [0, 0, 0];
  tf.tidy(() => {
    let state = tf.zeros([1, GRU_SIZES.units]) as tf.Tensor2D;
    for (const token of [0, 4, 2, 2, 1, 3]) {
      state = generator.step(state, token);
      expected = stepGru(expected, token, weights);
      assertLessOrEqual(largestDifference(state.dataSync(), expected), TOLERANCE);
      const logits = generator.readLogits(state).dataSync();
      assertLessOrEqual(largestDifference(logits, readGruLogits(expected, weights)), TOLERANCE);
    }
  });
  assertEquals(tf.memory().numTensors, loaded);
  generator.dispose();
  assertEquals(tf.memory().numTensors, before);
});

Deno.test("loadTfjsGenerator() refuses other forms, and leaves no tensor behind", () => {
  const before = tf.memory().numTensors;
  const refused = [
    makeGru({ gru: { reset_after: true } }),
    makeGru({ gru: { recurrent_activation: "hard_sigmoid" } }),
    makeGru({ dense: { activation: "softmax" } }),
  ];
  for (const { files } of refused) {
    const error = assertThrows(() => loadTfjsGenerator(files), ServiceError, "found");
    assertEquals(error.code, "model_unusable");
  }
  const { files } = makeGru();
  const renamed = editModelFile(files, (json) => {
    json.weightsManifest[0].weights[5].name = "other/bias";
  });
  assertThrows(() => loadTfjsGenerator(renamed), ServiceError, "head/bias");
  const reshaped = editModelFile(files, (json) => {
    json.weightsManifest[0].weights[0].shape = [2, 5];
  });
  assertThrows(() => loadTfjsGenerator(reshaped), ServiceError, "must have shape");
  assertEquals(tf.memory().numTensors, before);
});
