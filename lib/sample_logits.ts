import { topK as pickTopK } from "./top_k.ts";

/** Options of {@linkcode sampleLogits}. */
export interface SampleOptions {
  /** Logits are divided by it: near 0 the likeliest wins, 1 is as trained. 0: always the likeliest. */
  temperature: number;
  /** Only this many of the likeliest may be drawn; 0: all. */
  topK: number;
}

/**
 * Draws one index out of the softmax of logits.
 *
 * @param logits any finite numbers, at least one
 * @param options temperature >= 0, topK a whole number >= 0
 * @param fraction where in the cumulative distribution to draw, in [0, 1)
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { sampleLogits } from "./sample_logits.ts";
 *
 * assertEquals(sampleLogits(Float32Array.of(1, 3, 2), { temperature: 0, topK: 0 }), 1);
 * ```
 */
export function sampleLogits(
  logits: Float32Array,
  { temperature, topK }: SampleOptions,
  fraction = 0,
): number {
  const [likeliest] = pickTopK(logits, { k: 1 });
  const best = likeliest ?? { index: 0, score: 0 };
  if (temperature === 0) return best.index;
  const candidates = topK > 0 && topK < logits.length
    ? pickTopK(logits, { k: topK })
    : Array.from(logits, (score, index) => ({ index, score }));
  // Shifted before it is divided, so that no temperature makes it overflow.
  const weights = candidates.map(({ score }) => Math.exp((score - best.score) / temperature));
  let left = fraction * weights.reduce((sum, weight) => sum + weight, 0);
  for (const [place, weight] of weights.entries()) {
    left -= weight;
    if (left < 0) return candidates[place]?.index ?? best.index;
  }
  // Rounding may leave a rest: the last that can be drawn at all.
  return candidates[weights.findLastIndex((weight) => weight > 0)]?.index ?? best.index;
}
