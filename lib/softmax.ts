/**
 * Softmax of one row of logits, shifted by its maximum so that no exponential overflows.
 *
 * @param logits any finite numbers
 * @returns as many probabilities, which sum to 1
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { softmax } from "./softmax.ts";
 *
 * assertEquals(softmax(Float32Array.of(3, 3))[0], 0.5);
 * ```
 */
export function softmax(logits: Float32Array): Float32Array<ArrayBuffer> {
  let maximum = -Infinity;
  for (const logit of logits) maximum = Math.max(maximum, logit);
  const scores = Float32Array.from(logits, (logit) => Math.exp(logit - maximum));
  let sum = 0;
  for (const score of scores) sum += score;
  return scores.map((score) => score / sum);
}
