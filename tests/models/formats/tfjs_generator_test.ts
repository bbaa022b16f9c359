import { assertEquals, assertLessOrEqual, assertRejects } from "@std/assert";
import * as tf from "@tensorflow/tfjs-core";
import { ServiceError } from "../../../lib/service_error.ts";
import { loadTfjsGenerator } from "../../../models/formats/tfjs_generator.ts";
import { makeGru, readGruLogits, stepGru } from "./gru_fixtures.ts";
import { largestDifference, startTestBackend } from "./test_backend.ts";

await startTestBackend();

/** Six steps of sums of six products in float32. */
const TOLERANCE = 1e-5;

Deno.test("loadTfjsGenerator() steps as the formula does, and frees all of it", async () => {
  const before = tf.memory().numTensors;
  const { files, weights } = makeGru();
  const runner = await loadTfjsGenerator(files);
  assertEquals([runner.vocabularyLength, runner.classCount, runner.units], [5, 5, 3]);
  let expected = [0, 0, 0];
  const state = new Float32Array(3);
  for (const token of [0, 4, 2, 2, 1, 3]) {
    const logits = runner.step([token], state);
    expected = stepGru(expected, token, weights);
    assertLessOrEqual(largestDifference(state, expected), TOLERANCE);
    assertLessOrEqual(largestDifference(logits, readGruLogits(expected, weights)), TOLERANCE);
  }
  runner.dispose();
  assertEquals(tf.memory().numTensors, before);
});

Deno.test("loadTfjsGenerator() refuses other forms, and leaves no tensor behind", async () => {
  const before = tf.memory().numTensors;
  const { files } = makeGru({ dense: { activation: "softmax" } });
  const error = await assertRejects(() => loadTfjsGenerator(files), ServiceError, "softmax");
  assertEquals(error.code, "model_unusable");
  assertEquals(tf.memory().numTensors, before);
});
