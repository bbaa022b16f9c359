import type { JobSample } from "../../lib/storage/jobs/job_samples.ts";
import type { CardWarning } from "../stored/model_card.ts";
import type { EvaluationWarning } from "./evaluation_warnings.ts";
import type { RunScore } from "./fit_run.ts";
import type { PredictionScore } from "./score_predictions.ts";
import type { TrainingAnswer } from "./training_call.ts";

/** What evaluations name by their index. */
export interface EvaluationNames {
  /** In the order of the outputs. */
  classNames: readonly string[];
  /** In the order of the rows. */
  samples: readonly JobSample[];
}

/**
 * How good a head or a network is, with classes by their names and samples by their ids, as the job and the model
 * card keep it: JSON, by the names that clients see.
 */
export function describeEvaluation(
  trained: Pick<TrainingAnswer, "evaluation" | "epoch" | "ended">,
  names: EvaluationNames,
): Record<string, unknown> {
  const { training, validation, crossValidation, judgedBy, report, curve } = trained.evaluation;
  const { classNames, samples } = names;
  const nameSample = (row: number) => samples[row]?.sampleId;
  return {
    judged_by: judgedBy,
    training: describeScore(training),
    ...(validation && { validation: describeScore(validation) }),
    ...(crossValidation && {
      cross_validation: { ...describeScore(crossValidation), folds: crossValidation.folds },
    }),
    classes: report.classes.map((score, index) => ({ class: classNames[index], ...score })),
    confusion: {
      classes: classNames,
      cells: report.confusion.map((row) => row.map((cell) => cell.map(nameSample))),
    },
    most_wrong: report.mostWrong.map(({ sample, actual, predicted, confidence }) => ({
      sample: nameSample(sample),
      class: classNames[actual],
      predicted: classNames[predicted],
      confidence,
    })),
    curve: curve.map(({ epoch, ...score }) => ({ epoch, ...describeRunScore(score) })),
    epoch: trained.epoch,
    ended: trained.ended,
    warnings: describeWarnings(trained.evaluation.warnings, names),
  };
}

/** The scores of an epoch by the names that clients see. */
export function describeRunScore({ training, validation }: RunScore): Record<string, number> {
  return {
    train_loss: training.loss,
    train_accuracy: training.accuracy,
    ...(validation && { valid_loss: validation.loss, valid_accuracy: validation.accuracy }),
  };
}

/** Accuracy, loss and calibration by the names that clients see. */
export function describeScore(
  { samples, accuracy, loss, calibrationError }: PredictionScore,
): Record<string, number> {
  return { samples, accuracy, log_loss: loss, calibration_error: calibrationError };
}

/** Warnings with classes by their names and samples by their ids. */
export function describeWarnings(
  warnings: readonly EvaluationWarning[],
  { classNames, samples }: EvaluationNames,
): CardWarning[] {
  const nameClass = (index: number) => classNames[index];
  const nameSample = (row: number) => samples[row]?.sampleId;
  return warnings.map(({ message, ...warning }) => {
    const { code } = warning;
    switch (warning.code) {
      case "too_few_samples": {
        const { class: index, ...details } = warning.details;
        return { code, message, details: { class: nameClass(index), ...details } };
      }
      case "imbalanced_classes": {
        const { largest, smallest, ratio } = warning.details;
        const named = { largest: nameClass(largest), smallest: nameClass(smallest) };
        return { code, message, details: { ...named, ratio } };
      }
      case "near_duplicates_across_split": {
        const pairs = warning.details.pairs.map(({ training, validation, similarity }) => ({
          training: nameSample(training),
          validation: nameSample(validation),
          similarity,
        }));
        return { code, message, details: { count: warning.details.count, pairs } };
      }
      case "confused_classes": {
        const { actual, predicted, part } = warning.details;
        const named = { actual: nameClass(actual), predicted: nameClass(predicted) };
        const ids = warning.details.samples.map(nameSample);
        return { code, message, details: { ...named, samples: ids, part } };
      }
    }
  });
}
