import {
  type DetectionQuality,
  findUpperLimit,
  measureDetection,
} from "../../lib/detection_quality.ts";
import {
  type ClassDirections,
  findDirection,
  normalize,
  scoreUnknown,
} from "../heads/score_unknown.ts";
import { computeLogits, type FeatureRows } from "./compute_logits.ts";
import { measureScaling } from "./feature_scaling.ts";
import type { FittedHead } from "./fit_head.ts";
import { fitTemperature } from "./fit_temperature.ts";
import { type LabelledFeatures, selectSamples } from "./labelled_features.ts";

/** What a model learns to say "none of these", and to mean what its probabilities say. */
export interface UnknownDetector extends ClassDirections {
  /** Divides the logits before softmax, so that probabilities mean what they say. */
  temperature: number;
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

/** The score of each row, as of {@linkcode scoreUnknown}. */
export function scoreUnknownRows(
  detector: ClassDirections,
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

/** The directions of the classes, and what standardises features before, from some of the samples. */
export function findClassDirections(
  samples: LabelledFeatures,
  rows: Uint32Array,
): Omit<ClassDirections, "threshold"> {
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
