import { type Context, Hono } from "hono";
import { createHash } from "node:crypto";
import type { z } from "zod";
import type { ZodOpenApiPathsObject } from "zod-openapi";
import type { ImportReport } from "../lib/datasets/import_samples.ts";
import { receiveSamples } from "../lib/datasets/receive_samples.ts";
import {
  createDataset,
  type Dataset,
  type DatasetKind,
  findDataset,
} from "../lib/storage/datasets/datasets.ts";
import { deleteEmptyDataset } from "../lib/storage/datasets/delete_dataset.ts";
import { type Job, UNFINISHED_STATUSES } from "../lib/storage/jobs/job.ts";
import { ERROR_CODES, type ErrorCode, ServiceError } from "../lib/service_error.ts";
import { waitForJob } from "../models/jobs/follow_job.ts";
import { checkOrder, placeOrder } from "../models/jobs/order_job.ts";
import { findTrainingKind } from "../models/training/training_base.ts";
import { addSamplesOperation, describeReport } from "./add_samples.ts";
import type { AppEnv } from "./app_env.ts";
import { datasetResponses, describeAnswer } from "./dataset_parts.ts";
import { describeJob } from "./describe_job.ts";
import { finetuneQuerySchema, finetuningSchema } from "./finetune_schemas.ts";
import { toTrainingOptions } from "./job_schemas.ts";
import { readIdempotencyKey } from "./jobs.ts";
import { openUpload } from "./open_upload.ts";
import { modelParameter } from "./openapi_parts.ts";
import type { Services } from "./services.ts";
import { validateQuery } from "./validate_query.ts";

type Query = z.output<typeof finetuneQuerySchema>;

/** `POST /v1/models/{model}:finetune`: samples in; a dataset, a job and a model out. */
export function finetuneRoutes(services: Services) {
  return new Hono<AppEnv>().post(
    "/v1/models/:target{[\\w.-]+:finetune}",
    validateQuery(finetuneQuerySchema),
    async (context) => {
      const query = context.req.valid("query");
      const base = context.req.param("target").replace(/:finetune$/, "");
      const kind = await findTrainingKind(services.models, base);
      const { dataset, report, job } = await receiveAndOrder(context, services, {
        base,
        kind,
        query,
      });
      const ended = await waitForJob(services.database, job.id, {
        timeoutMs: (query.wait ?? 0) * 1000,
        signal: context.var.signal,
        isOver: services.isDraining,
      });
      const { origin } = new URL(context.req.url);
      const described = describeJob(ended, origin);
      context.header("Location", described.urls.self);
      if (ended.status === "failed" || ended.status === "cancelled") throw describeFailure(ended);
      // Another replica may have made the version, whose news is on its way.
      services.models.directory.refresh(query.name);
      const self = `${origin}/v1/datasets/${dataset.name}`;
      const urls = { self, samples: `${self}/samples` };
      return context.json({
        dataset: { name: dataset.name, urls },
        samples: describeReport(report),
        job: described,
      }, UNFINISHED_STATUSES.includes(ended.status) ? 202 : 200);
    },
  );
}

/**
 * When it fails, nothing of the upload is kept, and a dataset that is new goes again, unless others
 * have added samples meanwhile.
 */
async function receiveAndOrder(
  context: Context<AppEnv>,
  services: Services,
  { base, kind, query }: { base: string; kind: DatasetKind; query: Query },
): Promise<{ dataset: Dataset; report: ImportReport; job: Job }> {
  const { database, limits } = services;
  const { name, seed, publish, wait: _wait, ...hyperparameters } = query;
  const idempotencyKey = readIdempotencyKey(context);
  const known = await findFittingDataset(database, { base, name, kind });
  const options = {
    ...toTrainingOptions(hyperparameters),
    ...(seed !== undefined && { seed }),
    ...(publish !== undefined && { publish }),
  };
  const checked = await checkOrder(services, { model: base, kind, resultModel: name, options });
  const made = known ? undefined : await makeDataset(services, { name, kind });
  // Another request for the same name may have made it meanwhile.
  const dataset = known ?? made ?? await findFittingDataset(database, { base, name, kind });
  if (!dataset) {
    throw new ServiceError("dataset_not_found", `Dataset ${name} was deleted meanwhile`);
  }
  const order = {
    model: base,
    dataset,
    resultModel: name,
    requestHash: createHash("sha256").update(JSON.stringify([base, name, options])).digest("hex"),
    idempotencyKey,
  };
  const jobs: Job[] = [];
  try {
    await using upload = openUpload(context, limits);
    const report = await receiveSamples(database, upload, {
      dataset,
      limits,
      directory: limits.dataDir,
      signal: context.var.signal,
      async whenKept(transaction) {
        const { job } = await placeOrder({ database: transaction, limits }, order, checked);
        jobs.push(job);
      },
      whenDropped: (store) => made ? deleteEmptyDataset(store, made.id) : Promise.resolve(),
    });
    const [job] = jobs;
    if (!job) throw new TypeError("An upload that is kept must have made its job");
    return { dataset, report, job };
  } catch (error) {
    // Where it was refused before it began, nothing was dropped; what failed is what counts.
    if (made) await deleteEmptyDataset(database, made.id).catch(() => {});
    throw error;
  }
}

async function findFittingDataset(
  database: Services["database"],
  { base, name, kind }: { base: string; name: string; kind: DatasetKind },
): Promise<Dataset | undefined> {
  const known = await findDataset(database, name);
  if (!known || known.kind === kind) return known;
  throw new ServiceError(
    "conflict",
    `Cannot add samples to dataset ${name} as they must be of the kind ${known.kind}: model ` +
      `${base} takes the kind ${kind}`,
  );
}

/** `undefined` where somebody else was faster. */
async function makeDataset(
  { database, limits: { datasetsMax } }: Services,
  { name, kind }: { name: string; kind: DatasetKind },
): Promise<Dataset | undefined> {
  try {
    return await createDataset(database, { name, kind, datasetsMax });
  } catch (error) {
    if (error instanceof ServiceError && error.code === "already_exists") return undefined;
    throw error;
  }
}

function describeFailure({ id, status, error }: Job): ServiceError {
  if (status === "cancelled") return new ServiceError("conflict", `Job ${id} was cancelled`);
  const code = ERROR_CODES.find((each): each is ErrorCode => each === error?.code);
  return new ServiceError(code ?? "internal_error", error?.message ?? `Job ${id} failed`);
}

/** Documentation of {@linkcode finetuneRoutes}. */
export const finetunePaths: ZodOpenApiPathsObject = {
  "/v1/models/{model}:finetune": {
    post: {
      summary: "Samples in, a model of your own out",
      description: "Adds the samples to the dataset `name`, which is made if there is none, and " +
        "trains the last layer of the model on all of it. With `wait` the answer comes when the " +
        "model is served.",
      tags: ["fine-tuning"],
      requestParams: { path: modelParameter, query: finetuneQuerySchema },
      ...(addSamplesOperation.requestBody && { requestBody: addSamplesOperation.requestBody }),
      responses: {
        200: describeAnswer("The model is served", finetuningSchema),
        202: describeAnswer("The job waits or runs", finetuningSchema),
        ...datasetResponses(400, 401, 404, 409, 413, 415, 422, 429, 504),
      },
    },
  },
};
