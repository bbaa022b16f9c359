import { assertAlmostEquals, assertEquals } from "@std/assert";
import { TrainingMemory } from "../../../models/training/training_memory.ts";
import { allocateTrainingSet, loadTrainingSet } from "../../../models/training/training_set.ts";

Deno.test("loadTrainingSet() standardises the chosen rows and puts a 1 behind each", () => {
  const memory = new TrainingMemory(2 ** 20);
  const set = loadTrainingSet(memory, {
    samples: {
      features: Float32Array.of(1, 2, 3, 4, 5, 6),
      length: 2,
      classes: Uint16Array.of(0, 1, 1),
      classCount: 2,
    },
    rows: Uint32Array.of(2, 0),
    scaling: { mean: Float64Array.of(1, 2), factor: Float64Array.of(0.5, 2) },
    classWeights: Float64Array.of(1, 3),
  });
  assertEquals([...memory.floats(set.features)], [2, 8, 1, 0, 0, 0, 1, 0]);
  assertEquals([...memory.integers(set.classes)], [1, 0]);
  [0.75, 0.25].forEach((weight, i) =>
    assertAlmostEquals(memory.floats(set.weights)[i] ?? NaN, weight)
  );
});

Deno.test("loadTrainingSet() puts the views behind the plain rows, and shares the weight", () => {
  const memory = new TrainingMemory(2 ** 20);
  const samples = {
    features: Float32Array.of(1, 2, 3),
    views: [Float32Array.of(10, 20, 30)],
    length: 1,
    classes: Uint16Array.of(0, 1, 1),
    classCount: 2,
  };
  const options = {
    samples,
    rows: Uint32Array.of(0, 2),
    scaling: { mean: Float64Array.of(0), factor: Float64Array.of(1) },
    classWeights: Float64Array.of(1, 3),
  };
  const set = loadTrainingSet(memory, { ...options, withViews: true });
  const { stride } = set.features;
  const shown = [...memory.floats(set.features)].filter((_, index) => index % stride === 0);
  assertEquals(shown, [1, 3, 10, 30]);
  assertEquals([...memory.integers(set.classes)], [0, 1, 0, 1]);
  assertEquals([...memory.floats(set.weights)], [0.125, 0.375, 0.125, 0.375]);
  assertEquals(loadTrainingSet(memory, options).features.rows, 2);
});

Deno.test("allocateTrainingSet() has room for each row", () => {
  const set = allocateTrainingSet(new TrainingMemory(2 ** 20), { rows: 5, length: 7 });
  assertEquals([set.features.rows, set.features.stride], [5, 12]);
  assertEquals([set.classes.length, set.weights.length], [5, 5]);
});
