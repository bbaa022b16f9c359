import { assertAlmostEquals, assertEquals, assertLessOrEqual, assertThrows } from "@std/assert";
import * as tf from "@tensorflow/tfjs-core";
import { seedRandom } from "../../lib/random.ts";
import { ServiceError } from "../../lib/service_error.ts";
import { softmax } from "../../lib/softmax.ts";
import { loadTfjsGenerator } from "../../models/formats/tfjs_generator.ts";
import { runGenerationLine } from "../../models/generation_line.ts";
import type { TextContinuation, TextPiece } from "../../models/inference_task.ts";
import { makeGru, readGruLogits, stepGru } from "./formats/gru_fixtures.ts";
import { largestDifference, startTestBackend } from "./formats/test_backend.ts";

await startTestBackend();

const { files, weights } = makeGru();
const runner = await loadTfjsGenerator(files);
const START: TextPiece = {
  tokens: Int32Array.of(3, 1),
  state: undefined,
  count: 6,
  temperature: 0,
  topK: 0,
  random: seedRandom(1),
  logprobs: undefined,
};

function write(...pieces: Partial<TextPiece>[]): TextContinuation[] {
  return runGenerationLine(runner, pieces.map((piece) => ({ ...START, ...piece }))).answer.texts;
}

function writeOne(piece: Partial<TextPiece>): TextContinuation {
  const [text] = write(piece);
  if (!text) throw new TypeError("There must be a text");
  return text;
}

Deno.test("runGenerationLine() draws the likeliest tokens of the formula, and leaves no tensor", () => {
  const before = tf.memory().numTensors;
  const { tokens, random } = writeOne({});
  let state = stepGru(stepGru([0, 0, 0], 3, weights), 1, weights);
  for (const token of tokens) {
    const logits = readGruLogits(state, weights);
    assertEquals(token, logits.indexOf(Math.max(...logits)));
    state = stepGru(state, token, weights);
  }
  assertEquals(tokens.length, 6);
  assertEquals(random, START.random);
  assertEquals(tf.memory().numTensors, before);
});

Deno.test("runGenerationLine() goes on where another call has stopped", () => {
  const whole = writeOne({ temperature: 1.5, count: 8 });
  const first = writeOne({ temperature: 1.5, count: 3 });
  const { state, random } = first;
  const next = { tokens: first.tokens.slice(-1), state, random };
  const second = writeOne({ ...next, temperature: 1.5, count: 5 });
  assertEquals([...first.tokens, ...second.tokens], [...whole.tokens]);
  assertEquals([second.state, second.random], [whole.state, whole.random]);
});

Deno.test("runGenerationLine() writes the same whatever is written beside it", () => {
  const pieces = Array.from({ length: 32 }, (_, index): Partial<TextPiece> => ({
    tokens: Int32Array.from({ length: 1 + index % 5 }, (_, place) => (index + place) % 5),
    count: index % 7,
    temperature: index % 3,
    topK: index % 4,
    random: seedRandom(index),
    ...(index % 2 === 0 ? { state: Float32Array.of(0.1 * index, -0.5, 0.25) } : {}),
    logprobs: index % 6 === 0 ? 2 : undefined,
  }));
  const together = write(...pieces);
  for (const [index, piece] of pieces.entries()) assertEquals(together[index], writeOne(piece));
});

Deno.test("runGenerationLine() only reads when it is asked for no token", () => {
  const read = writeOne({ count: 0 });
  assertEquals(read.tokens.length, 0);
  const expected = stepGru(stepGru([0, 0, 0], 3, weights), 1, weights);
  assertLessOrEqual(largestDifference(read.state, expected), 1e-6);
});

Deno.test("runGenerationLine() tells how likely each draw was, at temperature 1", () => {
  const { tokens, logprobs } = writeOne({ count: 1, temperature: 0.3, logprobs: 2 });
  const state = stepGru(stepGru([0, 0, 0], 3, weights), 1, weights);
  const expected = softmax(Float32Array.from(readGruLogits(state, weights)));
  const [{ logprob, top } = { logprob: NaN, top: [] }] = logprobs ?? [];
  assertAlmostEquals(Math.exp(logprob), expected[tokens[0] ?? -1] ?? NaN, 1e-5);
  assertEquals(top.length, 2);
  const best = top.map(({ index }) => index);
  const order = [...expected.keys()].sort((a, b) => (expected[b] ?? 0) - (expected[a] ?? 0));
  assertEquals(best, order.slice(0, 2));
  for (const { index, score } of top) {
    assertAlmostEquals(Math.exp(score), expected[index] ?? NaN, 1e-5);
  }
  assertEquals(writeOne({}).logprobs, undefined);
  assertEquals(writeOne({ count: 3, logprobs: 0 }).logprobs?.map((each) => each.top), [[], [], []]);
});

Deno.test("runGenerationLine() throws for numbers that are not finite, and leaves no tensor", () => {
  const before = tf.memory().numTensors;
  const state = Float32Array.of(NaN, 0, 0);
  const error = assertThrows(() => writeOne({ state }), ServiceError);
  assertEquals(error.code, "non_finite_output");
  assertEquals(tf.memory().numTensors, before);
});
