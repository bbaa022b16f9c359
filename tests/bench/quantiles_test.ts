import { assertEquals, assertThrows } from "@std/assert";
import { median, quantile } from "../../bench/quantiles.ts";

// Expected values are those of numpy.quantile.

Deno.test("quantile() interpolates between neighbours", () => {
  assertEquals(quantile([4, 1, 3, 2], 0.5), 2.5);
  assertEquals(quantile([10, 20, 40], 0.75), 30);
});

Deno.test("quantile() gives the extremes at 0 and 1", () => {
  assertEquals(quantile([3, 1, 2], 0), 1);
  assertEquals(quantile([3, 1, 2], 1), 3);
});

Deno.test("quantile() sorts numbers, not texts, and leaves the values as they are", () => {
  const values = [10, 9, 100];
  assertEquals(median(values), 10);
  assertEquals(values, [10, 9, 100]);
});

Deno.test("quantile() refuses no values and a q out of range", () => {
  assertThrows(() => quantile([], 0.5), RangeError);
  assertThrows(() => quantile([1], 1.01), RangeError);
  assertThrows(() => quantile([1], NaN), RangeError);
});
