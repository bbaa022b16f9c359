import { assertAlmostEquals, assertEquals } from "@std/assert";
import { quantileRank } from "../../lib/quantile_rank.ts";

Deno.test("quantileRank() interpolates between quantiles", () => {
  const quantiles = [0, 1, 4, 8, 16];
  assertEquals([0, 1, 4, 8].map((value) => quantileRank(value, quantiles)), [0, 0.25, 0.5, 0.75]);
  assertAlmostEquals(quantileRank(6, quantiles), 0.625);
});

Deno.test("quantileRank() is 0 below and 1 above the distribution", () => {
  assertEquals([-1, 10, 99].map((value) => quantileRank(value, [0, 5, 10])), [0, 1, 1]);
  // Quantiles that are equal have no width to interpolate in.
  assertEquals(quantileRank(3, [1, 3, 3, 5]), 2 / 3);
});
