import type { Config } from "../../lib/config/config.ts";
import type { Database } from "../../lib/storage/database.ts";
import { type Dataset, listClasses } from "../../lib/storage/datasets/datasets.ts";
import { type CreatedJob, createJob } from "../../lib/storage/jobs/create_job.ts";
import { refuseBeyondLimits } from "../../lib/storage/models/publish_version.ts";
import type { ModelRegistry } from "../model_registry.ts";
import { listTrainedClasses } from "../training/label_samples.ts";
import { requireTrainingBase } from "../training/training_base.ts";
import {
  listHyperparameters,
  resolveTrainingOptions,
  type TrainingOptions,
} from "../training/training_options.ts";

/** Where jobs are made. */
export interface JobOffice {
  /** Datasets and jobs. */
  database: Database;
  /** Models to train on. */
  models: ModelRegistry;
  /** Limits of the queue and of the stored models. */
  limits: Pick<
    Config,
    "jobsUnfinishedMax" | "jobsFinishedMax" | "modelsMax" | "versionsMax"
  >;
}

/** A training that somebody wants. */
export interface JobOrder {
  /** Name of the model to train on; `none` for vectors. */
  model: string;
  /** What to train with, as it stands now. */
  dataset: Dataset;
  /** Name of the model that gets a version. */
  resultModel: string;
  /** What the client has said. */
  options: Partial<TrainingOptions>;
  /** Of the whole request. */
  requestHash: string;
  /** What the client calls the request. */
  idempotencyKey?: string | undefined;
}

/**
 * Makes a job, after all has been checked that can be known before it runs.
 *
 * @throws {ServiceError} as `checkOrder()` and `placeOrder()` do
 */
export async function orderJob(office: JobOffice, order: JobOrder): Promise<CreatedJob> {
  await checkOrder(office, { ...order, kind: order.dataset.kind });
  return await placeOrder(office, order);
}

/**
 * Checks what can be known of an order before its samples are there.
 *
 * @throws {ServiceError} as `requireTrainingBase()` and `resolveTrainingOptions()` do; `conflict` if
 *   the model that gets a version comes with the service; `limit_reached`
 */
export async function checkOrder(
  { database, models, limits }: JobOffice,
  { model, kind, resultModel, options }:
    & Pick<JobOrder, "model" | "resultModel" | "options">
    & Pick<Dataset, "kind">,
): Promise<void> {
  resolveTrainingOptions(options);
  await requireTrainingBase(models, model, kind);
  await models.directory.requireChangeable(resultModel);
  await refuseBeyondLimits(database, { model: resultModel, limits });
}

/**
 * Makes the job of an order that was checked; may be a part of a transaction.
 *
 * @throws {ServiceError} as `listTrainedClasses()` and `createJob()` do
 */
export async function placeOrder(
  { database, limits }: Pick<JobOffice, "database" | "limits">,
  { model, dataset, resultModel, options, requestHash, idempotencyKey }: JobOrder,
): Promise<CreatedJob> {
  const resolved = resolveTrainingOptions(options);
  listTrainedClasses(await listClasses(database, dataset.id), resolved.negative);
  return await createJob(database, {
    model,
    datasetId: dataset.id,
    resultModel,
    hyperparameters: listHyperparameters(resolved),
    requestHash,
    idempotencyKey,
    limits: { unfinishedMax: limits.jobsUnfinishedMax, finishedMax: limits.jobsFinishedMax },
  });
}
