/** How many intervals {@linkcode calibrationError} sorts confidences into. */
export const CALIBRATION_BINS = 15;

/**
 * Expected calibration error: the mean distance between confidence and accuracy, over bins of equal
 * width in confidence, `((b - 1) / 15, b / 15]`, weighted by their samples (Guo et al. 2017,
 * equation 3).
 *
 * @param confidences the score of each predicted class, in [0, 1]
 * @param hits whether each prediction was right
 * @returns from 0 to 1; 0 where there are no samples
 * @throws {TypeError} if the lists have different lengths
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { calibrationError } from "./calibration_error.ts";
 *
 * assertEquals(calibrationError([1, 1], [true, false]), 0.5);
 * ```
 */
export function calibrationError(
  confidences: readonly number[],
  hits: readonly boolean[],
): number {
  if (confidences.length !== hits.length) {
    throw new TypeError(
      `Cannot compute calibration as each confidence must have a hit: ${confidences.length} and ` +
        `${hits.length} were given`,
    );
  }
  // Over a whole bin, samples times distance is the distance of the two sums.
  const gaps = new Float64Array(CALIBRATION_BINS + 1);
  confidences.forEach((confidence, sample) => {
    const bin = Math.ceil(confidence * CALIBRATION_BINS);
    gaps[bin] = (gaps[bin] as number) + confidence - Number(hits[sample]);
  });
  if (confidences.length === 0) return 0;
  return gaps.reduce((sum, gap) => sum + Math.abs(gap), 0) / confidences.length;
}
