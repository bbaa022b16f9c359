import type { JobSample } from "../../../lib/storage/jobs/job_samples.ts";
import type { TrainingAnswer } from "../../../models/training/training_call.ts";

const SCORE = { samples: 3, accuracy: 2 / 3, loss: 0.5, calibrationError: 0.1 };
const CLASS_SCORE = { precision: 1, recall: 0.5, f1: 2 / 3, support: 2 };

/** What a training of {@linkcode NAMES} might answer. */
export const TRAINED: TrainingAnswer = {
  head: new Uint8Array(1),
  epoch: 4,
  ended: "converged",
  evaluation: {
    training: SCORE,
    validation: { ...SCORE, accuracy: 1 },
    judgedBy: "validation",
    report: {
      ...SCORE,
      classes: [CLASS_SCORE, { ...CLASS_SCORE, support: 1 }],
      confusion: [[[0], [2]], [[], [1]]],
      mostWrong: [{ sample: 2, actual: 0, predicted: 1, confidence: 0.9 }],
    },
    curve: [{
      epoch: 1,
      training: { loss: 1, accuracy: 0.5 },
      validation: { loss: 2, accuracy: 0.25 },
    }],
    warnings: [
      { code: "too_few_samples", message: "few", details: { class: 1, samples: 1 } },
      {
        code: "imbalanced_classes",
        message: "imbalanced",
        details: { largest: 0, smallest: 1, ratio: 5 },
      },
      {
        code: "near_duplicates_across_split",
        message: "near",
        details: { count: 1, pairs: [{ training: 0, validation: 2, similarity: 0.99 }] },
      },
      {
        code: "confused_classes",
        message: "confused",
        details: { actual: 0, predicted: 1, samples: [2], part: 0.5 },
      },
    ],
  },
};

/** Two classes and three samples. */
export const NAMES = {
  classNames: ["cat", "dog"],
  samples: ["a", "b", "c"].map((id): JobSample => ({
    sampleId: `sample-${id}`,
    sha256: id,
    class: "cat",
    name: id,
  })),
};
