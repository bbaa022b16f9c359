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

Deno.test("allocateTrainingSet() has room for each row", () => {
  const set = allocateTrainingSet(new TrainingMemory(2 ** 20), { rows: 5, length: 7 });
  assertEquals([set.features.rows, set.features.stride], [5, 12]);
  assertEquals([set.classes.length, set.weights.length], [5, 5]);
});
