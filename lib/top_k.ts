/** One class with its score. */
export interface ScoredIndex {
  /** Position among the scores. */
  index: number;
  /** The score there. */
  score: number;
}

/** Options of {@linkcode topK}. */
export interface TopKOptions {
  /** How many to give at most, >= 1; all when there are fewer. */
  k: number;
  /** Scores below it are left out. Default: none. */
  threshold?: number;
}

/**
 * The highest scores, best first; equal scores in the order of their index.
 *
 * @throws {RangeError} if `k` is not a whole number >= 1
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { topK } from "./top_k.ts";
 *
 * assertEquals(topK([0.1, 0.7, 0.2], { k: 1 }), [{ index: 1, score: 0.7 }]);
 * ```
 */
export function topK(scores: ArrayLike<number>, options: TopKOptions): ScoredIndex[] {
  const { k, threshold = -Infinity } = options;
  if (!Number.isInteger(k) || k < 1) {
    throw new RangeError(
      `Cannot pick scores as k must be a whole number >= 1: current value is ${k}`,
    );
  }
  const best: ScoredIndex[] = [];
  for (let index = 0; index < scores.length; index++) {
    const score = scores[index] as number;
    const last = best.at(-1);
    if (!(score >= threshold) || (best.length === k && last && score <= last.score)) continue;
    if (best.length === k) best.pop();
    // Insertion from the end keeps the list sorted; k is small beside the number of classes.
    let place = best.length;
    while (place > 0 && (best[place - 1] as ScoredIndex).score < score) place--;
    best.splice(place, 0, { index, score });
  }
  return best;
}
