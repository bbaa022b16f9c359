import { assertAlmostEquals, assertEquals, assertLessOrEqual, assertThrows } from "@std/assert";
import * as tf from "@tensorflow/tfjs-core";
import { ServiceError } from "../../lib/service_error.ts";
import { softmax } from "../../lib/softmax.ts";
import { loadTfjsSequenceModel } from "../../models/formats/tfjs_sequence_model.ts";
import type { ClassifyAnswer, ClassifyQuery, InputValue } from "../../models/inference_task.ts";
import type { ModelInput } from "../../models/model_description.ts";
import { runSequenceLine, type SequenceStation } from "../../models/sequence_line.ts";
import {
  computeLogits,
  computeStates,
  makeLstm,
  makeSimpleRnn,
} from "./formats/recurrent_fixtures.ts";
import { largestDifference, startTestBackend } from "./formats/test_backend.ts";

await startTestBackend();

const SERIES_INPUT: ModelInput = { kind: "series", channels: 2, stepsMax: 100_000 };
const TEXT_INPUT: ModelInput = {
  kind: "text",
  vocabulary: "^$abc",
  folding: "none",
  start: "^",
  end: "$",
  charactersMax: 20_000,
};
const TOLERANCE = 1e-5;

type Options = Partial<ClassifyQuery> & { state?: Float32Array<ArrayBuffer> | undefined };

function classify(station: SequenceStation, input: InputValue, options: Options = {}) {
  const { state, ...query } = options;
  const before = tf.memory().numTensors;
  const { answer } = runSequenceLine(station, {
    input: { ...input, state } as InputValue,
    query: { verb: "classify", topK: 4, threshold: 0, ...query },
  });
  assertEquals(tf.memory().numTensors, before);
  return answer as ClassifyAnswer;
}

/** The scores in the order of the classes. */
function scoresOf(predictions: ClassifyAnswer["predictions"]): number[] {
  return predictions.toSorted((a, b) => a.index - b.index).map(({ score }) => score);
}

function makeSeries(steps: number): number[][] {
  return Array.from({ length: steps }, (_, t) => [(t * 7 % 11) / 5 - 1, (t * 3 % 13) / 6 - 1]);
}

function toInput(series: number[][]): InputValue {
  return { kind: "series", values: Float32Array.from(series.flat()) };
}

Deno.test("runSequenceLine() scores the last step and every step as the formula does", async () => {
  const { files, weights } = await makeSimpleRnn();
  const model = await loadTfjsSequenceModel(files);
  const series = makeSeries(9);
  const answer = classify({ model, input: SERIES_INPUT }, toInput(series), { outputMode: "all" });
  const expected = computeStates(series, weights)
    .map((state) => [...softmax(Float32Array.from(computeLogits(state, weights)))]);
  assertEquals(answer.steps?.length, 9);
  answer.steps?.forEach((step, t) => {
    assertLessOrEqual(largestDifference(scoresOf(step), expected[t] ?? []), TOLERANCE);
  });
  assertLessOrEqual(
    largestDifference(scoresOf(answer.predictions), expected.at(-1) ?? []),
    TOLERANCE,
  );
  assertEquals(answer.state, undefined);
  model.dispose();
});

Deno.test("runSequenceLine() gives pieces of any size the answers of the whole series", async () => {
  const { files } = await makeSimpleRnn();
  const model = await loadTfjsSequenceModel(files);
  const station = { model, input: SERIES_INPUT };
  // More than one piece of the line's own.
  const series = makeSeries(9_000);
  const whole = classify(station, toInput(series), { outputMode: "all", returnState: true });
  for (const size of [1, 7, 4_096, 5_000]) {
    const end = size === 1 ? 50 : series.length;
    let state: Float32Array<ArrayBuffer> | undefined;
    const steps: ClassifyAnswer["predictions"][] = [];
    for (let begin = 0; begin < end; begin += size) {
      const piece = toInput(series.slice(begin, begin + size));
      const answer = classify(station, piece, { state, outputMode: "all", returnState: true });
      steps.push(...answer.steps ?? []);
      state = answer.state;
    }
    steps.forEach((step, t) => {
      const expected = scoresOf(whole.steps?.[t] ?? []);
      assertLessOrEqual(largestDifference(scoresOf(step), expected), TOLERANCE, `${size}: ${t}`);
    });
    assertEquals(steps.length, end);
  }
  model.dispose();
});

Deno.test("runSequenceLine() gives pieces of a text the answers of the whole text", async () => {
  const model = await loadTfjsSequenceModel(await makeLstm());
  const station = { model, input: TEXT_INPUT };
  const text = (part: string): InputValue => ({ kind: "text", text: part });
  const options = { outputMode: "all", returnState: true } as const;
  const whole = classify(station, text("abcab"), options);
  const first = classify(station, text("ab"), options);
  const second = classify(station, text("cab"), { ...options, state: first.state });
  // One for each character: the marks are not the client's.
  assertEquals([whole.steps?.length, first.steps?.length, second.steps?.length], [5, 2, 3]);
  const steps = [...first.steps ?? [], ...second.steps ?? []];
  steps.forEach((step, t) => {
    const expected = scoresOf(whole.steps?.[t] ?? []);
    assertLessOrEqual(largestDifference(scoresOf(step), expected), TOLERANCE);
  });
  const expected = scoresOf(whole.predictions);
  assertLessOrEqual(largestDifference(scoresOf(second.predictions), expected), TOLERANCE);
  assertAlmostEquals(scoresOf(second.predictions).reduce((sum, each) => sum + each, 0), 1, 1e-6);
  model.dispose();
});

Deno.test("runSequenceLine() embeds the state of the last layer", async () => {
  const { files, weights } = await makeSimpleRnn();
  const model = await loadTfjsSequenceModel(files);
  const series = makeSeries(5);
  const { answer } = runSequenceLine({ model, input: SERIES_INPUT }, {
    input: toInput(series),
    query: { verb: "embed" },
  });
  const embedding = answer.verb === "embed" ? answer.embedding : [];
  const expected = computeStates(series, weights).at(-1) ?? [];
  assertLessOrEqual(largestDifference(embedding, expected), TOLERANCE);
  model.dispose();
});

Deno.test("runSequenceLine() refuses what it cannot go on from, and leaves nothing", async () => {
  const { files } = await makeSimpleRnn();
  const model = await loadTfjsSequenceModel(files);
  const station = { model, input: SERIES_INPUT };
  const before = tf.memory().numTensors;
  const short = toInput(makeSeries(3));
  const cases: [() => unknown, string][] = [
    [() => classify(station, short, { state: new Float32Array(4) }), "3 numbers: found 4"],
    [
      () => classify(station, toInput(makeSeries(10_001)), { outputMode: "all" }),
      "at most 10000: found 10001",
    ],
  ];
  for (const [call, message] of cases) {
    assertEquals(assertThrows(call, ServiceError, message).code, "invalid_value");
  }
  assertThrows(() => classify(station, { kind: "text", text: "a" }), TypeError, "found text");
  assertEquals(tf.memory().numTensors, before);
  model.dispose();
});
