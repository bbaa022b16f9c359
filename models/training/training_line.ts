import type { OpenDatabase } from "../../lib/storage/database.ts";
import type { Job } from "../../lib/storage/jobs/job.ts";
import type { JobLease } from "../../lib/storage/jobs/job_queue.ts";
import { listJobSamples } from "../../lib/storage/jobs/job_samples.ts";
import {
  type ModelLimits,
  type PublishedVersion,
  refuseBeyondLimits,
} from "../../lib/storage/models/publish_version.ts";
import type { ModelRegistry } from "../model_registry.ts";
import type { InferencePool } from "../pool/inference_pool.ts";
import { packTrainedVersion } from "../stored/trained_version.ts";
import { runAllLayersLine } from "./all_layers/all_layers_line.ts";
import { collectFeatures, readVectors } from "./collect_features.ts";
import { describeRunScore } from "./describe_evaluation.ts";
import { finishTraining } from "./finish_training.ts";
import { labelSamples, listTrainedClasses } from "./label_samples.ts";
import { leaveOutRejected } from "./require_usable.ts";
import { trainInWorker } from "./train_in_worker.ts";
import { openTrainingBase } from "./training_base.ts";
import { readPlan } from "./training_method.ts";
import type { TrainingOptions } from "./training_options.ts";
import type { TrainingReport } from "./training_report.ts";

/** What the line runs on. */
export interface TrainingStation {
  /** Samples, feature vectors, jobs and versions. */
  database: OpenDatabase;
  /** Where the backbones are. */
  models: ModelRegistry;
  /** Embeds in the background. */
  pool: InferencePool;
  /** A picture with more pixels is not decoded. */
  pixelsMax: number;
  /** Limits of the stored models. */
  modelLimits: ModelLimits;
}

/** A job that somebody has taken up. */
export interface TrainingWork {
  /** What to do. */
  job: Job;
  /** The right to do it. */
  lease: JobLease;
  /** Ends the line. */
  signal: AbortSignal;
  /** Where to tell how far it is. */
  report: TrainingReport;
}

/**
 * Does what a job wants: trains the last layer, or all of them.
 *
 * @throws as the line of the method does
 */
export async function runTraining(
  station: TrainingStation,
  work: TrainingWork,
): Promise<PublishedVersion> {
  const plan = readPlan(work.job.hyperparameters);
  if (plan.method === "all_layers") {
    const { method: _, ...options } = plan;
    return await runAllLayersLine(station, work, options);
  }
  const { method: _, ...options } = plan;
  return await runTrainingLine(station, work, options);
}

/**
 * The training line: frozen samples -> validated -> feature vectors -> split, head, evaluation ->
 * version. The version is saved and published with the end of its job, both or neither.
 *
 * @throws {ServiceError} why there is no version
 * @throws the signal's reason when it aborts; feature vectors stay for the next attempt
 */
export async function runTrainingLine(
  station: TrainingStation,
  work: TrainingWork,
  { augment, negative, publish, ...fitOptions }: TrainingOptions,
): Promise<PublishedVersion> {
  const { database, models, modelLimits } = station;
  const { job, signal, report } = work;
  const started = performance.now();

  const samples = await listJobSamples(database, job.id);
  report.enter({ stage: "validating_files", total: samples.length });
  listTrainedClasses(samples, negative);
  await refuseBeyondLimits(database, { model: job.resultModel, limits: modelLimits });
  using base = await openTrainingBase(models, job.model, signal);
  const { model } = base;

  report.enter({ stage: "embedding", total: model ? samples.length * (1 + augment) : 0 });
  const onProgress = report.advance.bind(report);
  const collected = model
    ? await collectFeatures({ ...station, model }, { samples, augment, signal, onProgress })
    : await readVectors(database, samples);
  leaveOutRejected(collected, report);
  const { classNames, labelled, negatives, trained: rows } = labelSamples(collected, negative);

  report.enter({ stage: "training", total: fitOptions.epochs });
  const options = { ...fitOptions, classNames, ...(negatives && { negatives }) };
  const trained = await trainInWorker({ samples: labelled, options }, {
    signal,
    onProgress: ({ epoch, head, epochs: _, ...score }) =>
      report.epoch({ epoch, metrics: describeRunScore(score), ...(head && { head }) }),
  });
  const { head, ...answer } = trained;
  const input = model?.description.input ?? { kind: "vector", length: collected.length };
  return await finishTraining(station, work, {
    trained: answer,
    // The scores are those of the first fit, as the head has seen the validation samples since.
    weights: head,
    facts: { classNames, samples: rows, base, input },
    started,
    publish,
    pack: (card) => packTrainedVersion({ ...answer, head, card }),
  });
}
