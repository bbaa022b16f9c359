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
import { EventLoopTurns } from "./event_loop_turns.ts";
import { measureScaling } from "./feature_scaling.ts";
import type { FittedHead } from "./fit_head.ts";
import { fitTemperature } from "./fit_temperature.ts";
import { countClasses, type LabelledFeatures, selectSamples } from "./labelled_features.ts";
import { splitFolds } from "./split_samples.ts";

/** What a model learns to say "none of these", and to mean what its probabilities say. */
export interface UnknownDetector extends ClassDirections {
  /** Divides the logits before softmax, so that probabilities mean what they say. */
  temperature: number;
}

/** Options of {@linkcode fitUnknownDetector}. */
export interface UnknownDetectorOptions {
  /** Part of the known inputs that is to be accepted, in (0, 1]. Default: 0.95. */
  acceptedPart?: number;
  /** Samples of none of the classes: with them the threshold lies where it separates best. */
  negatives?: FeatureRows;
  /** Of the folds. Default: 0. */
  seed?: number;
  /** Ends it between two folds. */
  signal?: AbortSignal | undefined;
}

/** In how many parts samples are held out in turn, to know how such ones score. */
const FOLDS = 5;

/** A detector, and how well it tells the negatives where there are some. */
export interface FittedUnknownDetector {
  /** What is stored. */
  detector: UnknownDetector;
  /** On known samples that were held out against negatives. */
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
 * Finds the directions of the classes from all samples, and fits the temperature to the validation
 * samples. The threshold goes by what samples score that were held out, each in one of five folds:
 * of four photos for each of two classes, two are validation samples, and the higher score of two
 * lies below that of every third known photo.
 *
 * @returns undefined if there are no validation samples, as no temperature is known without them
 * @throws the signal's reason, once it is aborted
 */
export async function fitUnknownDetector(
  { head, split }: Pick<FittedHead, "head" | "split">,
  samples: LabelledFeatures,
  { acceptedPart = 0.95, negatives, seed = 0, signal }: UnknownDetectorOptions = {},
): Promise<FittedUnknownDetector | undefined> {
  if (split.validation.length === 0) return undefined;
  const validation = selectSamples(samples, split.validation);
  const detector = {
    temperature: fitTemperature({ ...validation, logits: computeLogits(head, validation) }),
    threshold: Infinity,
    ...findClassDirections(samples, Uint32Array.from(samples.classes, (_, row) => row)),
  };
  const known = await scoreHeldOut(samples, { seed, signal });
  if (!negatives || negatives.features.length === 0) {
    return { detector: { ...detector, threshold: findUpperLimit(known, acceptedPart) } };
  }
  const unknown = scoreUnknownRows(detector, negatives);
  return {
    detector: { ...detector, threshold: findSeparation(known, unknown) },
    quality: measureDetection(known, unknown),
  };
}

/** The scores of all samples by directions that were found without them; in no order. */
async function scoreHeldOut(
  samples: LabelledFeatures,
  { seed, signal }: Required<Pick<UnknownDetectorOptions, "seed" | "signal">>,
): Promise<number[]> {
  const counts = countClasses(samples);
  const all = Array.from(samples.classes, (_, row) => row);
  // The only sample of a class is that class: it is never held out.
  const isAlone = (row: number) => counts[samples.classes[row] as number] === 1;
  const alone = all.filter(isAlone);
  const rows = Uint32Array.from(all.filter((row) => !isAlone(row)));
  const classes = Array.from(rows, (row) => samples.classes[row] as number);
  const scores: number[][] = [];
  const turns = new EventLoopTurns();
  for (const { training, validation } of splitFolds(classes, { folds: FOLDS, seed })) {
    await turns.give();
    signal?.throwIfAborted();
    const known = Uint32Array.from(
      [...training].map((place) => rows[place] as number).concat(alone),
    );
    const detector = { threshold: Infinity, ...findClassDirections(samples, known) };
    const held = selectSamples(samples, validation.map((place) => rows[place] as number));
    scores.push(scoreUnknownRows(detector, held));
  }
  return scores.flat();
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
