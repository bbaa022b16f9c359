import { completeJob } from "../../lib/storage/jobs/finish_job.ts";
import type {
  PublishedVersion,
  PublishVersionOptions,
} from "../../lib/storage/models/publish_version.ts";
import type { TrainedCard } from "../stored/model_card.ts";
import { describeEvaluation, describeRunScore } from "./describe_evaluation.ts";
import { describeVersion, type VersionFacts } from "./describe_version.ts";
import type { TrainingAnswer } from "./training_call.ts";
import type { TrainingStation, TrainingWork } from "./training_line.ts";

/** What a training has made. */
export interface FinishedTraining {
  /** How good it is, and how it came about. */
  trained: Omit<TrainingAnswer, "head">;
  /** Its weights, for a checkpoint beside the scores of the epoch that they are from. */
  weights: Uint8Array<ArrayBuffer>;
  /** What the card says besides. */
  facts: Omit<VersionFacts, "job" | "durationMs">;
  /** When the training began, by `performance.now()`. */
  started: number;
  /** Whether the label `stable` moves to the version. */
  publish: boolean;
  /** What is stored of the version under its card. */
  pack: (
    card: TrainedCard,
  ) => Pick<PublishVersionOptions, "backboneSha256" | "head" | "card" | "files">;
}

/**
 * The end of both training lines: tells the warnings, and saves and publishes the version with the
 * end of its job, both or neither.
 *
 * @throws as `completeJob()` does
 * @throws the signal's reason when it has aborted
 */
export async function finishTraining(
  { models, modelLimits }: Pick<TrainingStation, "models" | "modelLimits">,
  { job, lease, signal, report }: TrainingWork,
  { trained, weights, facts, started, publish, pack }: FinishedTraining,
): Promise<PublishedVersion> {
  const { curve, warnings } = trained.evaluation;
  const last = curve[trained.epoch - 1];
  if (last) {
    report.epoch({ epoch: last.epoch, metrics: describeRunScore(last), head: weights });
  }
  for (const { message } of warnings) report.warn(message);

  report.enter({ stage: "saving", total: 1 });
  const durationMs = Math.round(performance.now() - started);
  const card = describeVersion(trained, { ...facts, job, durationMs });
  signal.throwIfAborted();
  const version = {
    ...pack(card),
    model: job.resultModel,
    labels: publish ? ["stable"] : [],
    limits: modelLimits,
  };
  const evaluation = describeEvaluation(trained, facts);
  const published = await report.end(
    (transaction) => completeJob(transaction, { lease, version, evaluation }),
    { describe: (published) => `Saved version ${published.version} of ${published.model}` },
  );
  models.directory.refresh(published.model);
  return published;
}
