import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { findUpperLimit, measureDetection } from "../../lib/detection_quality.ts";
import { readTrainingGolden } from "../models/training/training_golden.ts";

Deno.test("measureDetection() agrees with scikit-learn's area, ties included", () => {
  const { known, unknown, auroc } = readTrainingGolden().detection;
  assertAlmostEquals(measureDetection(known, unknown).auroc, auroc, 1e-12);
});

Deno.test("measureDetection() counts what passes with 95 % of the lower group", () => {
  const low = Array.from({ length: 100 }, (_, index) => index);
  assertEquals(measureDetection(low, [94, 94.5, 95, 0]).falsePositiveRate, 0.5);
});

Deno.test("measureDetection() gives chance for equal scores", () => {
  assertEquals(measureDetection([1, 1], [1]), { auroc: 0.5, falsePositiveRate: 1 });
});

Deno.test("measureDetection() throws when a group is empty", () => {
  assertThrows(() => measureDetection([], [1]), RangeError, "0 and 1 were given");
});

Deno.test("findUpperLimit() gives the smallest score that the part does not exceed", () => {
  assertEquals(findUpperLimit([3, 1, 2, 4], 0.5), 2);
  assertEquals(findUpperLimit([3, 1, 2, 4], 1), 4);
  assertEquals(findUpperLimit([7], 0.01), 7);
  assertThrows(() => findUpperLimit([], 0.5), RangeError);
});
