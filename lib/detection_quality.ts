/** How well a score separates two groups. */
export interface DetectionQuality {
  /**
   * Area under the receiver operating characteristic: how often a sample of the higher group scores
   * above one of the lower, ties counting half. 0.5 is chance, 1 perfect.
   */
  auroc: number;
  /** Part of the higher group that still passes where 95 % of the lower group do. */
  falsePositiveRate: number;
}

/** The part of the lower group that {@linkcode DetectionQuality.falsePositiveRate} lets pass. */
const PASSING_PART = 0.95;

/**
 * Compares the scores of samples that should score low with those that should score high.
 *
 * @param low of the known, accepted, normal ones
 * @param high of the unknown ones
 * @throws {RangeError} if one of the groups is empty
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { measureDetection } from "./detection_quality.ts";
 *
 * assertEquals(measureDetection([1, 2], [3, 4]), { auroc: 1, falsePositiveRate: 0 });
 * ```
 */
export function measureDetection(
  low: readonly number[],
  high: readonly number[],
): DetectionQuality {
  if (low.length === 0 || high.length === 0) {
    throw new RangeError(
      `Cannot measure detection as both groups must have samples: ${low.length} and ` +
        `${high.length} were given`,
    );
  }
  const sortedLow = low.toSorted((a, b) => a - b);
  const wins = high.reduce((sum, score) => {
    const below = countBelow(sortedLow, score, false);
    const upTo = countBelow(sortedLow, score, true);
    return sum + (below + upTo) / 2;
  }, 0);
  const limit = findUpperLimit(low, PASSING_PART);
  return {
    auroc: wins / (low.length * high.length),
    falsePositiveRate: high.filter((score) => score <= limit).length / high.length,
  };
}

/**
 * The smallest of the scores that so large a part of them does not exceed.
 *
 * @param part in (0, 1]
 * @throws {RangeError} if there are no scores
 */
export function findUpperLimit(scores: readonly number[], part: number): number {
  if (scores.length === 0) throw new RangeError("Cannot find a limit of no scores");
  const sorted = scores.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(part * sorted.length) - 1)] as number;
}

/** How many sorted values are below a score, or up to it. */
function countBelow(sorted: readonly number[], score: number, isEqualCounted: boolean): number {
  let first = 0;
  let last = sorted.length;
  while (first < last) {
    const middle = (first + last) >> 1;
    const value = sorted[middle] as number;
    if (value < score || (isEqualCounted && value === score)) first = middle + 1;
    else last = middle;
  }
  return first;
}
