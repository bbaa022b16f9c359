import { assertAlmostEquals, assertEquals } from "@std/assert";
import { findNearDuplicates } from "../../../models/training/find_near_duplicates.ts";
import { drawNumbers } from "./matrices.ts";

const LENGTH = 10;

function createSamples(count: number) {
  return {
    features: drawNumbers(count * LENGTH, 1),
    length: LENGTH,
    classes: new Uint16Array(count),
    classCount: 1,
  };
}

function halve(count: number) {
  const all = Uint32Array.from({ length: count }, (_, sample) => sample);
  return { training: all.slice(0, count / 2), validation: all.slice(count / 2) };
}

Deno.test("findNearDuplicates() finds copies with a little noise across the split, over chunks", () => {
  const samples = createSamples(400);
  const { features } = samples;
  const noise = drawNumbers(2 * LENGTH, 2);
  for (let i = 0; i < LENGTH; i++) {
    features[399 * LENGTH + i] = (features[7 * LENGTH + i] ?? NaN) + 0.02 * (noise[i] ?? NaN);
    features[250 * LENGTH + i] = features[30 * LENGTH + i] ?? NaN;
  }
  const pairs = findNearDuplicates(samples, { split: halve(400), similarityMin: 0.99 });
  assertEquals(pairs.map(({ training, validation }) => [training, validation]), [
    [30, 250],
    [7, 399],
  ]);
  assertAlmostEquals(pairs[0]?.similarity ?? NaN, 1, 1e-6);
});

Deno.test("findNearDuplicates() does not compare samples on the same side", () => {
  const samples = createSamples(20);
  samples.features.copyWithin(1 * LENGTH, 0, LENGTH);
  assertEquals(findNearDuplicates(samples, { split: halve(20), similarityMin: 0.99 }), []);
});

Deno.test("findNearDuplicates() takes samples at the mean, and none, as unlike all", () => {
  const samples = { ...createSamples(4), features: new Float32Array(4 * LENGTH) };
  assertEquals(findNearDuplicates(samples, { split: halve(4), similarityMin: 0.5 }), []);
  const split = { training: new Uint32Array(), validation: new Uint32Array() };
  assertEquals(findNearDuplicates(samples, { split, similarityMin: 0.5 }), []);
});
