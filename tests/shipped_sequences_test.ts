/** Text and series through the whole service: every step, different lengths, and the longest series. */
import { assertEquals, assertLessOrEqual, assertStringIncludes } from "@std/assert";
import * as tf from "@tensorflow/tfjs-core";
import { largestDifference } from "./models/formats/test_backend.ts";
import { createShippedApp } from "./shipped_app.ts";

const { app } = await createShippedApp();
const JSON_TYPE = { "Content-Type": "application/json" };
const CHANNELS = 6;
const STEPS_MAX = 1_000_000;
const TOLERANCE = 1e-5;

interface Classes {
  predictions: { index: number; score: number }[];
}

async function ask(path: string, init: RequestInit) {
  const response = await app.request(`/v1/models/${path}`, { method: "POST", ...init });
  return { status: response.status, body: await response.json() };
}

function inJson(body: unknown): RequestInit {
  return { headers: JSON_TYPE, body: JSON.stringify(body) };
}

function inFloats(values: Float32Array<ArrayBuffer>): RequestInit {
  const shape = `${values.length / CHANNELS},${CHANNELS}`;
  return {
    headers: { "Content-Type": "application/octet-stream", "X-Shape": shape },
    body: values,
  };
}

/** The scores in the order of the classes. */
function scoresOf({ predictions }: Classes): number[] {
  return predictions.toSorted((a, b) => a.index - b.index).map(({ score }) => score);
}

function makeSeries(steps: number): Float32Array<ArrayBuffer> {
  return Float32Array.from({ length: steps * CHANNELS }, (_, i) => (i * 7 % 41 - 18) / 6);
}

Deno.test("motion-rnn answers every step as it answers the series that ends there", async () => {
  const series = makeSeries(9);
  const { status, body } = await ask("motion-rnn:classify?output_mode=all", inFloats(series));
  assertEquals([status, body.steps.length], [200, 9]);
  const steps: Classes[] = body.steps;
  for (const [step, classes] of steps.entries()) {
    const part = inFloats(series.slice(0, (step + 1) * CHANNELS));
    const last = await ask("motion-rnn:classify", part);
    assertEquals(last.body.steps, undefined);
    assertLessOrEqual(largestDifference(scoresOf(classes), scoresOf(last.body)), TOLERANCE);
  }
});

Deno.test("names-lstm answers texts of different lengths in one batch as one by one", async () => {
  const instances = ["Li", "Yamamoto", "Papadopoulos"];
  const path = "names-lstm:classify?top_k=18&output_mode=all";
  const { body } = await ask(path, inJson({ instances }));
  const lengths = body.results.map(({ steps }: { steps: unknown[] }) => steps.length);
  assertEquals(lengths, instances.map(({ length }) => length));
  for (const [index, inputs] of instances.entries()) {
    const alone = await ask("names-lstm:classify?top_k=18", inJson({ inputs }));
    const scores = scoresOf(body.results[index]);
    assertLessOrEqual(largestDifference(scores, scoresOf(alone.body)), TOLERANCE);
  }
});

Deno.test("motion-rnn reads a million steps and refuses one more", async () => {
  const series = makeSeries(STEPS_MAX + 1);
  const longest = series.slice(0, STEPS_MAX * CHANNELS);
  // The network forgets: what it says follows from the end of the series.
  const end = await ask("motion-rnn:classify", inFloats(longest.slice(-10_000 * CHANNELS)));
  const tensors = tf.memory().numTensors;
  const { status, body } = await ask("motion-rnn:classify", inFloats(longest));
  assertEquals([status, tf.memory().numTensors], [200, tensors]);
  assertLessOrEqual(largestDifference(scoresOf(body), scoresOf(end.body)), TOLERANCE);

  const longer = await ask("motion-rnn:classify", inFloats(series));
  assertEquals([longer.status, longer.body.code], [422, "invalid_value"]);
  assertStringIncludes(longer.body.error, "1 to 1000000 steps: current number is 1000001");
  const rows = { headers: { "Content-Type": "text/csv" }, body: "0,0,0,0,0,0\n".repeat(100_000) };
  const text = await ask("motion-rnn:classify", rows);
  assertEquals([text.status, text.body.code], [422, "invalid_value"]);
  assertStringIncludes(text.body.error, "at most 500000 numbers");
});

Deno.test("motion-rnn refuses more predictions than an answer has room for", async () => {
  const { status, body } = await ask(
    "motion-rnn:classify?output_mode=all",
    inFloats(makeSeries(10_001)),
  );
  assertEquals([status, body.code], [422, "invalid_value"]);
  assertStringIncludes(body.error, "at most 10000: found 10001");
});

Deno.test("edge-cnn refuses output_mode=all, and every model a mode that is none", async () => {
  const picture = { body: Uint8Array.of(1) };
  const { status, body } = await ask("edge-cnn:classify?output_mode=all", picture);
  assertEquals([status, body.code], [422, "invalid_value"]);
  assertStringIncludes(body.error, "is for text and series: edge-cnn takes the kind image");
  const none = await ask("motion-rnn:classify?output_mode=first", inFloats(makeSeries(1)));
  assertEquals([none.status, none.body.code], [422, "invalid_value"]);
  assertStringIncludes(none.body.error, "must be last or all");
});
