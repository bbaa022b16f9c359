import { assertAlmostEquals, assertEquals } from "@std/assert";
import { countHits, scoreLogits } from "../../../models/training/score_logits.ts";
import { TrainingMemory } from "../../../models/training/training_memory.ts";
import { allocateTrainingSet } from "../../../models/training/training_set.ts";

function createRows() {
  const memory = new TrainingMemory(2 ** 20);
  const logits = memory.allocateMatrix(3, 4);
  // The last column fills up the row; it may not win or add to the loss.
  memory.floats(logits).set([1, 2, 0, -1e30, 3, 3, 3, -1e30, -200, 0, -100, -1e30]);
  const samples = allocateTrainingSet(memory, { rows: 3, length: 1 });
  memory.integers(samples.classes).set([1, 2, 1]);
  memory.floats(samples.weights).set([0.25, 0.5, 0.25]);
  return { memory, options: { logits, samples, rows: 3, classCount: 3 } };
}

Deno.test("scoreLogits() gives the weighted mean loss and the part that is right", () => {
  const { memory, options } = createRows();
  const { loss, accuracy } = scoreLogits(memory, options);
  const first = Math.log(Math.exp(-1) + 1 + Math.exp(-2));
  assertAlmostEquals(loss, 0.25 * first + 0.5 * Math.log(3), 1e-6);
  assertAlmostEquals(accuracy, 2 / 3, 1e-9);
});

Deno.test("countHits() takes the first of equal logits, and only the rows that count", () => {
  const { memory, options } = createRows();
  assertEquals(countHits(memory, options), 2);
  assertEquals(countHits(memory, { ...options, rows: 1 }), 1);
  assertEquals(countHits(memory, { ...options, rows: 0 }), 0);
});
