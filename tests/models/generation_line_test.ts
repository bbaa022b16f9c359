import { assertEquals, assertLessOrEqual, assertThrows } from "@std/assert";
import * as tf from "@tensorflow/tfjs-core";
import { seedRandom } from "../../lib/random.ts";
import { ServiceError } from "../../lib/service_error.ts";
import { loadTfjsGenerator } from "../../models/formats/tfjs_generator.ts";
import { runGenerationLine } from "../../models/generation_line.ts";
import type { GenerateQuery } from "../../models/inference_task.ts";
import { makeGru, readGruLogits, stepGru } from "./formats/gru_fixtures.ts";
import { largestDifference, startTestBackend } from "./formats/test_backend.ts";

await startTestBackend();

const { files, weights } = makeGru();
const generator = loadTfjsGenerator(files);
const GREEDY: GenerateQuery = {
  verb: "generate",
  count: 6,
  temperature: 0,
  topK: 0,
  random: seedRandom(1),
};
const START = { tokens: Int32Array.of(3, 1), state: undefined };

Deno.test("runGenerationLine() draws the likeliest tokens of the formula, and leaves no tensor", () => {
  const before = tf.memory().numTensors;
  const { answer } = runGenerationLine(generator, START, GREEDY);
  let state = stepGru(stepGru([0, 0, 0], 3, weights), 1, weights);
  for (const token of answer.tokens) {
    const logits = readGruLogits(state, weights);
    assertEquals(token, logits.indexOf(Math.max(...logits)));
    state = stepGru(state, token, weights);
  }
  assertEquals(answer.tokens.length, 6);
  assertEquals(answer.random, GREEDY.random);
  assertEquals(tf.memory().numTensors, before);
});

Deno.test("runGenerationLine() goes on where another call has stopped", () => {
  const query = { ...GREEDY, temperature: 1.5, count: 8 };
  const whole = runGenerationLine(generator, START, query).answer;
  const first = runGenerationLine(generator, START, { ...query, count: 3 }).answer;
  const piece = { tokens: first.tokens.slice(-1), state: first.state };
  const second = runGenerationLine(generator, piece, { ...query, count: 5, random: first.random });
  assertEquals([...first.tokens, ...second.answer.tokens], [...whole.tokens]);
  assertEquals([second.answer.state, second.answer.random], [whole.state, whole.random]);
});

Deno.test("runGenerationLine() only reads when it is asked for no token", () => {
  const read = runGenerationLine(generator, START, { ...GREEDY, count: 0 }).answer;
  assertEquals(read.tokens.length, 0);
  const expected = stepGru(stepGru([0, 0, 0], 3, weights), 1, weights);
  assertLessOrEqual(largestDifference(read.state, expected), 1e-6);
});

Deno.test("runGenerationLine() throws for numbers that are not finite, and leaves no tensor", () => {
  const before = tf.memory().numTensors;
  const piece = { tokens: Int32Array.of(0), state: Float32Array.of(NaN, 0, 0) };
  const error = assertThrows(() => runGenerationLine(generator, piece, GREEDY), ServiceError);
  assertEquals(error.code, "non_finite_output");
  assertEquals(tf.memory().numTensors, before);
});
