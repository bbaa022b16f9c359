/** A function along a line: its value and its derivative at a step. */
export interface LinePoint {
  /** How far along the line. */
  step: number;
  /** The function there. */
  value: number;
  /** Its derivative by the step. */
  slope: number;
}

/** Options of {@linkcode searchLine}. */
export interface SearchLineOptions {
  /** The step to try first, > 0. */
  firstStep: number;
  /**
   * The search ends where the slope has fallen to this part of the first, in (0, 1): near 0 for an
   * exact minimum where evaluations are cheap, 0.9 where they are dear.
   */
  slopePart: number;
  /** Evaluations at most. Default: 20. */
  evaluationsMax?: number;
}

/**
 * The value may rise by this part of itself: near a minimum a float32 sum rounds its last changes
 * away, while its slope still tells the way.
 */
const ROUNDING_PART = 1e-5;

/**
 * Looks for a step > 0 that meets the strong Wolfe conditions: the slope is small, and the value has
 * fallen. Brackets the minimum, then narrows the bracket by cubic interpolation (Nocedal and Wright
 * 2006, algorithms 3.5 and 3.6 with equation 3.59).
 *
 * @param evaluate gives value and slope at a step
 * @param start the point at step 0, with a slope < 0
 * @returns the point found, or undefined if no step lowers the value
 * @throws {RangeError} if the slope at the start is not negative
 *
 * @example
 * ```ts
 * import { assertAlmostEquals } from "@std/assert";
 * import { searchLine } from "./search_line.ts";
 *
 * const parabola = (step: number) => ({ step, value: (step - 3) ** 2, slope: 2 * (step - 3) });
 * const point = searchLine(parabola, parabola(0), { firstStep: 1, slopePart: 0.01 });
 * assertAlmostEquals(point?.step ?? NaN, 3, 1e-6);
 * ```
 */
export function searchLine(
  evaluate: (step: number) => LinePoint,
  start: LinePoint,
  options: SearchLineOptions,
): LinePoint | undefined {
  const { firstStep, slopePart, evaluationsMax = 20 } = options;
  if (!(start.slope < 0)) {
    throw new RangeError(
      `Cannot search line as the slope must be < 0 at its start: current value is ${start.slope}`,
    );
  }
  const slopeMax = -slopePart * start.slope;
  const tolerance = ROUNDING_PART * Math.abs(start.value);
  let low = start;
  let high: LinePoint | undefined;
  let step = firstStep;
  for (let evaluation = 0; evaluation < evaluationsMax; evaluation++) {
    const point = evaluate(step);
    const hasFallen = point.value <= low.value + tolerance && Number.isFinite(point.slope);
    if (hasFallen && Math.abs(point.slope) <= slopeMax) return point;
    const previous = low;
    if (!hasFallen) {
      high = point;
    } else {
      if (high ? point.slope * (high.step - low.step) >= 0 : point.slope >= 0) high = low;
      low = point;
    }
    step = high ? interpolate(low, high) : extrapolate(previous, low);
    if (high && Math.abs(high.step - low.step) <= 1e-9 * low.step) break;
  }
  return low.step > 0 && low.value <= start.value + tolerance ? low : undefined;
}

/** Where the slope would reach 0 if it went on as between both points, but not too far away. */
function extrapolate(previous: LinePoint, last: LinePoint): number {
  const width = last.step - previous.step;
  const next = last.step - width * last.slope / (last.slope - previous.slope);
  return next > last.step ? Math.min(next, 10 * last.step) : 4 * last.step;
}

/** The minimum of the cubic through both points, kept away from the ends of the bracket. */
function interpolate(low: LinePoint, high: LinePoint): number {
  const width = high.step - low.step;
  const shape = low.slope + high.slope - 3 * (low.value - high.value) / (low.step - high.step);
  const root = Math.sign(width) * Math.sqrt(shape * shape - low.slope * high.slope);
  const minimum = high.step -
    width * (high.slope + root - shape) / (high.slope - low.slope + 2 * root);
  const part = (minimum - low.step) / width;
  if (!(part > 0 && part < 1)) return low.step + width / 2;
  return low.step + width * Math.min(0.95, Math.max(0.05, part));
}
