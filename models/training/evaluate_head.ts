import { scaleLogits } from "../heads/scale_logits.ts";
import { computeLogits } from "./compute_logits.ts";
import { crossValidate } from "./cross_validate.ts";
import {
  CLASS_SAMPLES_WANTED,
  type EvaluationWarning,
  listWarnings,
  type WarningSources,
} from "./evaluation_warnings.ts";
import { findNearDuplicates } from "./find_near_duplicates.ts";
import type { EpochScore, FittedHead } from "./fit_head.ts";
import type { FitOptions } from "./fit_options.ts";
import { countClasses, type LabelledFeatures, selectSamples } from "./labelled_features.ts";
import {
  type PredictionReport,
  type PredictionScore,
  reportPredictions,
} from "./score_predictions.ts";

/** How good a head is. Samples are named by their place among all, classes by their index. */
export interface Evaluation {
  /** Over the samples that trained it. */
  training: PredictionScore;
  /** Over those that did not, where there are any. */
  validation?: PredictionScore;
  /** Over all samples, each by a head that was fitted without it; where a class has few samples. */
  crossValidation?: PredictionScore & { folds: number };
  /** What `report` is about: the fairest that there is. */
  judgedBy: "cross_validation" | "validation" | "training";
  /** Class by class, with the confusion matrix and the worst mistakes. */
  report: PredictionReport;
  /** One point per epoch. */
  curve: EpochScore[];
  /** What to know before trusting it. */
  warnings: EvaluationWarning[];
}

/** Options of {@linkcode evaluateHead}. */
export interface EvaluateHeadOptions {
  /** With which the served head is fitted, as cross-validation judges such ones: its epochs too. */
  fitOptions: Partial<FitOptions>;
  /** What warnings call the classes; their index where they have no name. */
  classNames?: readonly string[] | undefined;
  /** By which the logits of what is served are divided. Default: 1. */
  temperature?: number | undefined;
  /** Ends cross-validation between two epochs. */
  signal?: AbortSignal;
}

const FOLDS_MAX = 5;
/** Two photos of a burst reach this; two photos of a class rarely do. */
const DUPLICATE_SIMILARITY = 0.95;

/**
 * Judges a head by the samples that it was fitted with: scores on both sides of the split, a report
 * class by class, and warnings. Where a class has fewer than 10 samples, and each at least 2, the
 * report is from cross-validation. All but the curve is of logits divided by the temperature, as they
 * are served.
 */
export async function evaluateHead(
  fitted: FittedHead,
  samples: LabelledFeatures,
  { fitOptions, classNames, temperature = 1, signal }: EvaluateHeadOptions,
): Promise<Evaluation> {
  const { split, curve } = fitted;
  const head = scaleLogits(fitted.head, 1 / temperature);
  const report = (rows: Uint32Array) => {
    const chosen = selectSamples(samples, rows);
    return nameSamples(reportPredictions({ ...chosen, logits: computeLogits(head, chosen) }), rows);
  };
  const training = report(split.training);
  const validation = split.validation.length > 0 ? report(split.validation) : undefined;
  const classCounts = countClasses(samples);
  const smallest = Math.min(...classCounts);
  const folds = Math.min(FOLDS_MAX, smallest);
  const crossValidation = smallest < CLASS_SAMPLES_WANTED && folds >= 2
    ? await crossValidate(samples, { ...fitOptions, folds, temperature, ...(signal && { signal }) })
    : undefined;
  return composeEvaluation({ training, validation, crossValidation, folds }, {
    classNames,
    classCounts,
    curve,
    nearDuplicates: findNearDuplicates(samples, { split, similarityMin: DUPLICATE_SIMILARITY }),
  });
}

/** What was found out about a head or a network, over which samples. */
export interface EvaluationReports {
  /** Those that trained it. */
  training: PredictionReport;
  /** Those that did not. */
  validation?: PredictionReport | undefined;
  /** All, each by a head that was fitted without it. */
  crossValidation?: PredictionReport | undefined;
  /** Of the cross-validation. */
  folds?: number;
}

/** Judges by the fairest report that there is, and warns of what it shows. */
export function composeEvaluation(
  { training, validation, crossValidation, folds = 0 }: EvaluationReports,
  { curve, ...known }: Pick<Evaluation, "curve"> & Omit<WarningSources, "confusion">,
): Evaluation {
  const fairest = crossValidation ?? validation ?? training;
  return {
    training: pickScore(training),
    ...(validation && { validation: pickScore(validation) }),
    ...(crossValidation && { crossValidation: { ...pickScore(crossValidation), folds } }),
    judgedBy: crossValidation ? "cross_validation" : validation ? "validation" : "training",
    report: fairest,
    curve,
    warnings: listWarnings({ ...known, confusion: fairest.confusion }),
  };
}

/** Puts places among all samples where places among the chosen ones are. */
export function nameSamples(report: PredictionReport, rows: Uint32Array): PredictionReport {
  return {
    ...report,
    confusion: report.confusion.map((row) =>
      row.map((cell) => cell.map((place) => rows[place] as number))
    ),
    mostWrong: report.mostWrong.map((wrong) => ({
      ...wrong,
      sample: rows[wrong.sample] as number,
    })),
  };
}

/** The numbers of a report that sum it up. */
function pickScore(
  { samples, accuracy, loss, calibrationError }: PredictionScore,
): PredictionScore {
  return { samples, accuracy, loss, calibrationError };
}
