import {
  type DetectionQuality,
  findUpperLimit,
  measureDetection,
} from "../../lib/detection_quality.ts";
import { computeLogits, type FeatureRows } from "./compute_logits.ts";
import { measureScaling } from "./feature_scaling.ts";
import type { FittedHead } from "./fit_head.ts";
import { fitTemperature } from "./fit_temperature.ts";
import { type LabelledFeatures, selectSamples } from "./labelled_features.ts";

/** What a model stores to say "none of these". */
export interface UnknownDetector {
  /** Divides the logits before softmax, so that probabilities mean what they say. */
  temperature: number;
  /** A sample that scores higher is unknown. */
  threshold: number;
  /** `[length]` float32: the mean of each feature over the training samples. */
  mean: Float32Array<ArrayBuffer>;
  /** `[length]` float32: 1 / deviation of each feature; 0 where it is always the same. */
  factor: Float32Array<ArrayBuffer>;
  /** `[classes, length]` float32: the mean direction of each class, of length 1. */
  directions: Float32Array<ArrayBuffer>;
}

/** Options of {@linkcode fitUnknownDetector}. */
export interface UnknownDetectorOptions {
  /** Part of the validation samples that is to be accepted, in (0, 1]. Default: 0.95. */
  acceptedPart?: number;
  /** Samples of none of the classes: with them the threshold lies where it separates best. */
  negatives?: FeatureRows;
}

/** A detector, and how well it tells the negatives where there are some. */
export interface FittedUnknownDetector {
  /** What is stored. */
  detector: UnknownDetector;
  /** On validation samples against negatives. */
  quality?: DetectionQuality;
}

/**
 * Whether a sample belongs to none of the classes. The score is 1 less the cosine between the
 * standardised feature vector and the nearest class direction: 0 in the middle of a class, about 1
 * for what has nothing to do with any, 2 at most.
 *
 * @param feature one feature vector, as the head takes it
 * @throws {TypeError} if it has another length than the detector's
 */
export function scoreUnknown(
  detector: UnknownDetector,
  feature: Float32Array,
): { score: number; unknown: boolean } {
  const { threshold, mean, directions } = detector;
  const { length } = mean;
  if (feature.length !== length) {
    throw new TypeError(
      `Cannot score feature vector as its length must be ${length}: current value is ` +
        feature.length,
    );
  }
  const direction = findDirection(detector, feature);
  let highest = -1;
  for (let first = 0; first < directions.length; first += length) {
    let cosine = 0;
    for (let i = 0; i < length; i++) {
      cosine += (direction[i] as number) * (directions[first + i] as number);
    }
    highest = Math.max(highest, cosine);
  }
  const score = 1 - highest;
  return { score, unknown: score > threshold };
}

/** The score of each row, as of {@linkcode scoreUnknown}. */
export function scoreUnknownRows(
  detector: UnknownDetector,
  { features, length }: FeatureRows,
): number[] {
  return Array.from(
    { length: features.length / length },
    (_, row) => scoreUnknown(detector, features.subarray(row * length, (row + 1) * length)).score,
  );
}

/**
 * Finds the directions of the classes from the training samples, and fits temperature and threshold
 * to the validation samples.
 *
 * @returns undefined if there are no validation samples, as those that trained are nearer to their
 *   classes than any other sample
 */
export function fitUnknownDetector(
  { head, split }: Pick<FittedHead, "head" | "split">,
  samples: LabelledFeatures,
  { acceptedPart = 0.95, negatives }: UnknownDetectorOptions = {},
): FittedUnknownDetector | undefined {
  if (split.validation.length === 0) return undefined;
  const validation = selectSamples(samples, split.validation);
  const detector = {
    temperature: fitTemperature({ ...validation, logits: computeLogits(head, validation) }),
    threshold: Infinity,
    ...findClassDirections(samples, split.training),
  };
  const known = scoreUnknownRows(detector, validation);
  if (!negatives || negatives.features.length === 0) {
    return { detector: { ...detector, threshold: findUpperLimit(known, acceptedPart) } };
  }
  const unknown = scoreUnknownRows(detector, negatives);
  return {
    detector: { ...detector, threshold: findSeparation(known, unknown) },
    quality: measureDetection(known, unknown),
  };
}

type Directions = Pick<UnknownDetector, "mean" | "factor" | "directions">;

function findClassDirections(samples: LabelledFeatures, rows: Uint32Array): Directions {
  const { features, length, classes, classCount } = samples;
  const scaling = measureScaling(features, { length, rows });
  const mean = Float32Array.from(scaling.mean);
  const factor = Float32Array.from(scaling.factor);
  const directions = new Float32Array(classCount * length);
  for (const row of rows) {
    const feature = features.subarray(row * length, (row + 1) * length);
    const direction = findDirection({ mean, factor }, feature);
    const first = (classes[row] as number) * length;
    for (let i = 0; i < length; i++) {
      directions[first + i] = (directions[first + i] as number) + (direction[i] as number);
    }
  }
  for (let index = 0; index < classCount; index++) {
    normalize(directions.subarray(index * length, (index + 1) * length));
  }
  return { mean, factor, directions };
}

/** The standardised feature vector, scaled to length 1; zeros stay zeros. */
function findDirection(
  { mean, factor }: Pick<Directions, "mean" | "factor">,
  feature: Float32Array,
): Float64Array {
  const direction = new Float64Array(feature.length);
  for (let i = 0; i < feature.length; i++) {
    direction[i] = ((feature[i] as number) - (mean[i] as number)) * (factor[i] as number);
  }
  normalize(direction);
  return direction;
}

function normalize(vector: Float32Array | Float64Array): void {
  let squares = 0;
  for (let i = 0; i < vector.length; i++) squares += (vector[i] as number) ** 2;
  const scale = squares > 0 ? 1 / Math.sqrt(squares) : 0;
  for (let i = 0; i < vector.length; i++) vector[i] = scale * (vector[i] as number);
}

/** The known score up to which most of the known and fewest of the unknown lie (Youden's J). */
function findSeparation(known: readonly number[], unknown: readonly number[]): number {
  const sortedKnown = known.toSorted((a, b) => a - b);
  const sortedUnknown = unknown.toSorted((a, b) => a - b);
  let best = { gain: -Infinity, threshold: NaN };
  let passed = 0;
  sortedKnown.forEach((threshold, index) => {
    while ((sortedUnknown[passed] ?? Infinity) <= threshold) passed++;
    const gain = (index + 1) / known.length - passed / unknown.length;
    if (gain >= best.gain) best = { gain, threshold };
  });
  return best.threshold;
}
