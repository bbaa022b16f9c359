import { assert, assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import { groupByClass, splitFolds, splitSamples } from "../../../models/training/split_samples.ts";

const CLASSES = [...Array(100)].map((_, sample) => sample % 10 < 7 ? 0 : 1);

Deno.test("splitSamples() keeps the same part of each class, and each sample once", () => {
  const { training, validation } = splitSamples(CLASSES, { validationSplit: 0.3, seed: 4 });
  const counts = groupByClass([...validation].map((sample) => CLASSES[sample] ?? NaN));
  assertEquals(counts.map(({ length }) => length), [21, 9]);
  const all = [...training, ...validation].sort((a, b) => a - b);
  assertEquals(all, CLASSES.map((_, sample) => sample));
  assertEquals([...validation], [...validation].sort((a, b) => a - b));
});

Deno.test("splitSamples() depends on the seed alone", () => {
  const split = (seed: number) => splitSamples(CLASSES, { validationSplit: 0.3, seed });
  assertEquals(split(1), split(1));
  assertNotEquals(split(1), split(2));
});

Deno.test("splitSamples() keeps one sample of each class for training", () => {
  const { training, validation } = splitSamples([0, 1, 1], { validationSplit: 0.99, seed: 0 });
  assertEquals(validation.length, 1);
  assert(training.includes(0));
});

Deno.test("splitSamples() keeps all samples for training when asked to", () => {
  const { training, validation } = splitSamples(CLASSES, { validationSplit: 0, seed: 0 });
  assertEquals([training.length, validation.length], [100, 0]);
});

Deno.test("groupByClass() lists the samples of each class, also where there are none", () => {
  assertEquals(groupByClass([2, 0, 2]), [[1], [], [0, 2]]);
  assertEquals(groupByClass([]), []);
});

Deno.test("splitFolds() judges each sample once, each class spread over the folds", () => {
  const splits = splitFolds(CLASSES, { folds: 4, seed: 1 });
  const judged = splits.flatMap(({ validation }) => [...validation]).sort((a, b) => a - b);
  assertEquals(judged, CLASSES.map((_, sample) => sample));
  for (const { training, validation } of splits) {
    assertEquals([training.length, validation.length], [75, 25]);
    const ones = [...validation].filter((sample) => CLASSES[sample] === 1).length;
    assert(ones === 7 || ones === 8);
  }
});

Deno.test("splitFolds() throws when there are too few folds or samples", () => {
  assertThrows(() => splitFolds([0, 0], { folds: 1, seed: 0 }), RangeError, "current value is 1");
  assertThrows(() => splitFolds([0, 0, 1], { folds: 2, seed: 0 }), RangeError, "at least 2");
});
