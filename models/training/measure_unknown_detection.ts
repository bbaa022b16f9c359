import { type DetectionQuality, measureDetection } from "../../lib/detection_quality.ts";
import { fitHead } from "./fit_head.ts";
import type { FitOptions } from "./fit_options.ts";
import { type LabelledFeatures, selectSamples } from "./labelled_features.ts";
import { fitUnknownDetector, scoreUnknownRows } from "./unknown_detector.ts";

/** Options of {@linkcode measureUnknownDetection}. */
export interface MeasureUnknownOptions extends Partial<FitOptions> {
  /** Ends it between two epochs. */
  signal?: AbortSignal;
}

/** Classes are held out in so many groups at most, each of which costs one fit. */
const GROUPS_MAX = 5;
const CLASSES_MIN = 3;

/**
 * How well a detector tells classes that it has never seen, for the card: groups of classes
 * are held out in turn, a detector is fitted to the others, and its scores of their validation
 * samples are compared with those of the group. Classes of one data set resemble each other, so pictures of
 * something else are told more easily than this says.
 *
 * @returns the mean over the groups; undefined where there are fewer than 3 classes, or no
 *   validation samples
 * @throws {ServiceError} as {@linkcode fitHead} does
 */
export async function measureUnknownDetection(
  samples: LabelledFeatures,
  { signal, ...options }: MeasureUnknownOptions,
): Promise<DetectionQuality | undefined> {
  const { classCount } = samples;
  if (classCount < CLASSES_MIN) return undefined;
  const groups = Math.min(GROUPS_MAX, classCount);
  const measured: DetectionQuality[] = [];
  for (let group = 0; group < groups; group++) {
    const known = selectClasses(samples, (index) => index % groups !== group);
    if (known.classCount < 2) continue;
    const fitted = await fitHead(known, { ...options, ...(signal && { signal }) });
    const detection = fitUnknownDetector(fitted, known);
    if (!detection) return undefined;
    const unknown = selectClasses(samples, (index) => index % groups === group);
    const validation = selectSamples(known, fitted.split.validation);
    measured.push(measureDetection(
      scoreUnknownRows(detection.detector, validation),
      scoreUnknownRows(detection.detector, unknown),
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
