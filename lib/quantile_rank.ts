/**
 * The share of a distribution that lies below a value, by linear interpolation between its quantiles.
 *
 * @param quantiles rising, evenly spaced from the least value to the greatest; at least two
 * @returns in [0, 1]; 0 and 1 also for what lies outside
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { quantileRank } from "./quantile_rank.ts";
 *
 * assertEquals(quantileRank(15, [0, 10, 20]), 0.75);
 * ```
 */
export function quantileRank(value: number, quantiles: readonly number[]): number {
  const steps = quantiles.length - 1;
  const next = quantiles.findIndex((quantile) => quantile > value);
  if (next === 0) return 0;
  if (next < 0) return 1;
  const low = quantiles[next - 1] as number;
  const high = quantiles[next] as number;
  return (next - 1 + (value - low) / (high - low)) / steps;
}
