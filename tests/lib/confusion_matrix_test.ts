import { assertEquals, assertThrows } from "@std/assert";
import { createConfusionMatrix, scoreClasses } from "../../lib/confusion_matrix.ts";

Deno.test("createConfusionMatrix() lists each sample in the cell of both classes", () => {
  const cells = createConfusionMatrix([0, 1, 1, 0], [0, 0, 1, 0], 2);
  assertEquals(cells, [[[0, 3], []], [[1], [2]]]);
});

Deno.test("createConfusionMatrix() has empty cells where there are no samples", () => {
  assertEquals(createConfusionMatrix([], [], 1), [[[]]]);
});

Deno.test("createConfusionMatrix() throws when a class is out of range or missing", () => {
  assertThrows(() => createConfusionMatrix([2], [0], 2), RangeError, "sample 0 has 2 and 0");
  assertThrows(() => createConfusionMatrix([0, 1], [0], 2), RangeError, "sample 1");
});

Deno.test("scoreClasses() gives 0 for a class without samples or predictions", () => {
  const scores = scoreClasses(createConfusionMatrix([0, 0], [0, 1], 3));
  assertEquals(scores, [
    { precision: 1, recall: 0.5, f1: 2 / 3, support: 2 },
    { precision: 0, recall: 0, f1: 0, support: 0 },
    { precision: 0, recall: 0, f1: 0, support: 0 },
  ]);
});
