import { type DetectionQuality, measureDetection } from "../../lib/detection_quality.ts";
import { EventLoopTurns } from "./event_loop_turns.ts";
import { type LabelledFeatures, selectSamples } from "./labelled_features.ts";
import { splitSamples, type SplitSamplesOptions } from "./split_samples.ts";
import { findClassDirections, scoreUnknownRows } from "./unknown_detector.ts";

/** Options of {@linkcode measureUnknownDetection}. */
export interface MeasureUnknownOptions extends SplitSamplesOptions {
  /** Ends it between two groups. */
  signal?: AbortSignal;
}

/** Classes are held out in so many groups at most. */
const GROUPS_MAX = 5;
const CLASSES_MIN = 3;

/**
 * How well a detector tells classes that it has never seen, for the card: groups of classes
 * are held out in turn, the directions of the others are found, and the scores of their validation
 * samples are compared with those of the group. No head is needed for that. Classes of one data set resemble each other, so pictures of
 * something else are told more easily than this says.
 *
 * @returns the mean over the groups; undefined where there are fewer than 3 classes, or no
 *   validation samples
 * @throws the signal's reason, once it is aborted
 */
export async function measureUnknownDetection(
  samples: LabelledFeatures,
  { signal, ...options }: MeasureUnknownOptions,
): Promise<DetectionQuality | undefined> {
  const { classCount } = samples;
  if (classCount < CLASSES_MIN) return undefined;
  const groups = Math.min(GROUPS_MAX, classCount);
  const measured: DetectionQuality[] = [];
  const turns = new EventLoopTurns();
  for (let group = 0; group < groups; group++) {
    const known = selectClasses(samples, (index) => index % groups !== group);
    if (known.classCount < 2) continue;
    await turns.give();
    signal?.throwIfAborted();
    const { training, validation } = splitSamples(known.classes, options);
    if (validation.length === 0) return undefined;
    const detector = { threshold: Infinity, ...findClassDirections(known, training) };
    const unknown = selectClasses(samples, (index) => index % groups === group);
    measured.push(measureDetection(
      scoreUnknownRows(detector, selectSamples(known, validation)),
      scoreUnknownRows(detector, unknown),
    ));
  }
  if (measured.length === 0) return undefined;
  const mean = (key: keyof DetectionQuality) =>
    measured.reduce((sum, quality) => sum + quality[key], 0) / measured.length;
  return { auroc: mean("auroc"), falsePositiveRate: mean("falsePositiveRate") };
}

/** The samples of some classes, which are numbered anew without gaps. */
function selectClasses(
  samples: LabelledFeatures,
  isChosen: (index: number) => boolean,
): LabelledFeatures {
  const chosen = Array.from({ length: samples.classCount }, (_, index) => index).filter(isChosen);
  const rows = Uint32Array.from(
    Array.from(samples.classes, (_, sample) => sample)
      .filter((sample) => isChosen(samples.classes[sample] as number)),
  );
  const selected = selectSamples(samples, rows);
  const classes = Int32Array.from(selected.classes, (index) => chosen.indexOf(index));
  return { ...selected, classes, classCount: chosen.length };
}
