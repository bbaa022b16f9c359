import type { Config } from "../../lib/config/config.ts";
import { ServiceError } from "../../lib/service_error.ts";
import type { Database } from "../../lib/storage/database.ts";
import type { Dataset } from "../../lib/storage/datasets/datasets.ts";
import { listKeptClasses } from "../../lib/storage/datasets/uploads.ts";
import { type CreatedJob, createJob } from "../../lib/storage/jobs/create_job.ts";
import { refuseBeyondLimits } from "../../lib/storage/models/publish_version.ts";
import { NO_BACKBONE_NAME } from "../identity_backbone.ts";
import type { ModelRegistry } from "../model_registry.ts";
import { listTrainedClasses } from "../training/label_samples.ts";
import { requireTrainingBase } from "../training/training_base.ts";
import type { ModelInput } from "../model_description.ts";
import { planLayers } from "../training/all_layers/start_network.ts";
import { requireFittingSamples } from "../training/require_fitting_samples.ts";
import {
  listPlan,
  resolveTraining,
  type TrainingPlan,
  type TrainingRequest,
} from "../training/training_method.ts";

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
  /** Name of the model to train on; `none` for vectors and for a network from scratch. */
  model: string;
  /** What to train with, as it stands now. */
  dataset: Dataset;
  /** Name of the model that gets a version. */
  resultModel: string;
  /** What the client has said. */
  options: TrainingRequest;
  /** Of the whole request. */
  requestHash: string;
  /** What the client calls the request. */
  idempotencyKey?: string | undefined;
}

/** What {@linkcode checkOrder} has found. */
export interface CheckedOrder {
  /** The options with their defaults. */
  plan: TrainingPlan;
  /** What the model takes; unset for `none`. */
  input: ModelInput | undefined;
}

/**
 * Makes a job, after all has been checked that can be known before it runs.
 *
 * @throws {ServiceError} as `checkOrder()` and `placeOrder()` do
 */
export async function orderJob(office: JobOffice, order: JobOrder): Promise<CreatedJob> {
  const checked = await checkOrder(office, { ...order, kind: order.dataset.kind });
  return await placeOrder(office, order, checked);
}

/**
 * Checks what can be known of an order before its samples are there.
 *
 * @throws {ServiceError} as `requireTrainingBase()` and `resolveTraining()` do; `invalid_value`
 *   for a last layer over texts or series without a model; `conflict` if the model that gets a version
 *   comes with the service; `limit_reached`
 */
export async function checkOrder(
  { database, models, limits }: JobOffice,
  { model, kind, resultModel, options }:
    & Pick<JobOrder, "model" | "resultModel" | "options">
    & Pick<Dataset, "kind">,
): Promise<CheckedOrder> {
  const plan = resolveTraining(options);
  requireMethod(plan, { model, kind });
  const input = await requireTrainingBase(models, { name: model, kind, method: plan.method });
  requireLayers(plan, { model, kind, input });
  await models.directory.requireChangeable(resultModel);
  await refuseBeyondLimits(database, { model: resultModel, limits });
  return { plan, input };
}

/** A last layer stands on vectors or on a model; texts and series without one need all layers. */
function requireMethod(
  { method }: TrainingPlan,
  { model, kind }: { model: string; kind: Dataset["kind"] },
): void {
  const isSequence = kind === "text" || kind === "series";
  if (model !== NO_BACKBONE_NAME || method !== "supervised" || !isSequence) return;
  throw new ServiceError(
    "invalid_value",
    `Cannot train on model ${model} as the samples must be of the kind vector or the method ` +
      `all_layers: the dataset is of the kind ${kind}, the method ${method}`,
    { param: "method.type" },
  );
}

/** A model brings its own layers, and layers from scratch must read the samples. */
function requireLayers(
  plan: TrainingPlan,
  { model, kind, input }: { model: string; kind: Dataset["kind"]; input: ModelInput | undefined },
): void {
  if (plan.method !== "all_layers" || kind === "image") return;
  if (!input) return void planLayers(plan.layers, kind);
  const given = plan.layers ? "layers" : plan.folding ? "folding" : undefined;
  if (given === undefined) return;
  throw new ServiceError(
    "invalid_value",
    `Cannot train as ${given} must be left out where a model is trained further: the model is ` +
      `${model}`,
    { param: given },
  );
}

/**
 * Makes the job of an order that was checked; may be a part of a transaction.
 *
 * @throws {ServiceError} as `listTrainedClasses()`, `requireFittingSamples()` and `createJob()` do
 */
export async function placeOrder(
  { database, limits }: Pick<JobOffice, "database" | "limits">,
  { model, dataset, resultModel, requestHash, idempotencyKey }: Omit<JobOrder, "options">,
  { plan, input }: CheckedOrder,
): Promise<CreatedJob> {
  const negative = plan.method === "supervised" ? plan.negative : undefined;
  // As the job freezes it: without uploads that are still under way.
  const classes = await listKeptClasses(database, dataset.id);
  listTrainedClasses(classes.map((name) => ({ class: name })), negative);
  // A last layer over vectors is fitted anew, whatever their length was before.
  const isFitted = input?.kind === "series" || plan.method === "all_layers";
  if (input && isFitted) await requireFittingSamples(database, { model, input, dataset });
  return await createJob(database, {
    model,
    datasetId: dataset.id,
    resultModel,
    hyperparameters: listPlan(nameKind(plan, dataset)),
    requestHash,
    idempotencyKey,
    limits: { unfinishedMax: limits.jobsUnfinishedMax, finishedMax: limits.jobsFinishedMax },
  });
}

/** The dataset may be gone when the training starts. */
function nameKind(plan: TrainingPlan, { kind }: Dataset): TrainingPlan {
  return plan.method === "all_layers" && kind !== "image" ? { ...plan, kind } : plan;
}
