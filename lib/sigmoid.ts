/**
 * The logistic function, `1 / (1 + exp(-logit))`, in (0, 1).
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { sigmoid } from "./sigmoid.ts";
 *
 * assertEquals(sigmoid(0), 0.5);
 * ```
 */
export function sigmoid(logit: number): number {
  return 1 / (1 + Math.exp(-logit));
}
