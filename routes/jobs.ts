import { type Context, Hono } from "hono";
import { createHash } from "node:crypto";
import { z } from "zod";
import type { ZodOpenApiPathsObject, ZodOpenApiResponsesObject } from "zod-openapi";
import type { Database } from "../lib/storage/database.ts";
import { type Dataset, findDataset, findDatasetById } from "../lib/storage/datasets/datasets.ts";
import { cancelJob, listJobs, readJob } from "../lib/storage/jobs/jobs.ts";
import { ServiceError } from "../lib/service_error.ts";
import { orderJob } from "../models/jobs/order_job.ts";
import type { TrainingRequest } from "../models/training/training_method.ts";
import type { AppEnv } from "./app_env.ts";
import { describeAnswer } from "./dataset_parts.ts";
import { describeJob } from "./describe_job.ts";
import {
  jobSchema,
  listOf,
  listQuerySchema,
  newJobSchema,
  toTrainingOptions,
} from "./job_schemas.ts";
import { MODEL_NAME } from "./model_target.ts";
import { openAiErrorSchema } from "./openai_error.ts";
import { readJsonBody } from "./read_json_body.ts";
import type { Services } from "./services.ts";
import { validateQuery } from "./validate_query.ts";

const IDEMPOTENCY_KEY_LENGTH_MAX = 255;
/** All fields once, and then some. */
const TOKENS_MAX = 256;

type NewJob = z.infer<typeof newJobSchema>;

/** `/v1/fine_tuning/jobs`, `/v1/fine_tuning/jobs/{job}` and `.../cancel`. */
export function jobsRoutes(services: Services) {
  const { database } = services;
  return new Hono<AppEnv>()
    .post("/v1/fine_tuning/jobs", async (context) => {
      const body = await readJsonBody(context, { schema: newJobSchema, tokensMax: TOKENS_MAX });
      const dataset = await findTrainingFile(database, body.training_file);
      const { job, isNew } = await orderJob(services, {
        model: body.model,
        dataset,
        resultModel: nameResult(body, dataset),
        options: readOptions(body),
        requestHash: hashRequest(body),
        idempotencyKey: readIdempotencyKey(context),
      });
      const described = describeJob(job, originOf(context));
      context.header("Location", described.urls.self);
      return context.json(described, isNew ? 201 : 200);
    })
    .get("/v1/fine_tuning/jobs", validateQuery(listQuerySchema), async (context) => {
      const { after, limit } = context.req.valid("query");
      if (after !== undefined) await readJob(database, after);
      const { items, hasMore } = await listJobs(database, { after, limit });
      const data = items.map((job) => describeJob(job, originOf(context)));
      return context.json({ object: "list" as const, data, has_more: hasMore });
    })
    .get("/v1/fine_tuning/jobs/:job{[\\w-]+}", async (context) => {
      const job = await readJob(database, context.req.param("job"));
      return context.json(describeJob(job, originOf(context)));
    })
    .post("/v1/fine_tuning/jobs/:job{[\\w-]+}/cancel", async (context) => {
      const job = await cancelJob(database, context.req.param("job"));
      return context.json(describeJob(job, originOf(context)));
    });
}

async function findTrainingFile(database: Database, nameOrId: string): Promise<Dataset> {
  const dataset = await findDataset(database, nameOrId) ??
    await findDatasetById(database, nameOrId);
  if (dataset) return dataset;
  throw new ServiceError("dataset_not_found", `Cannot find dataset ${JSON.stringify(nameOrId)}`, {
    param: "training_file",
  });
}

function nameResult({ model, name, suffix }: NewJob, dataset: Dataset): string {
  if (name !== undefined && suffix !== undefined) {
    throw new ServiceError("invalid_value", "Cannot use name and suffix together: leave one out", {
      param: "suffix",
    });
  }
  const result = name ?? `${model}-${suffix ?? dataset.name}`;
  if (new RegExp(`^${MODEL_NAME}$`).test(result)) return result;
  throw new ServiceError(
    "invalid_value",
    `Cannot name the result as its name must be ${MODEL_NAME}: it would be ` +
      JSON.stringify(result),
    { param: suffix === undefined ? "name" : "suffix" },
  );
}

function readOptions({ seed, publish, method, hyperparameters }: NewJob): TrainingRequest {
  const own = method?.type === "all_layers"
    ? method.all_layers?.hyperparameters
    : method?.supervised?.hyperparameters;
  if (hyperparameters && (own || method?.type === "all_layers")) {
    throw new ServiceError(
      "invalid_value",
      "Cannot use hyperparameters beside those of the method: put all of them there",
      { param: "hyperparameters" },
    );
  }
  const common = {
    ...(seed !== undefined && { seed }),
    ...(publish !== undefined && { publish }),
  };
  if (method?.type === "all_layers") {
    return { ...toTrainingOptions<"all_layers">(own ?? {}), method: "all_layers", ...common };
  }
  return { ...toTrainingOptions<"supervised">(own ?? hyperparameters ?? {}), ...common };
}

/** The fields in the order of the schema, so that the same request in another order is the same. */
function hashRequest(body: NewJob): string {
  return createHash("sha256").update(JSON.stringify(body)).digest("hex");
}

/**
 * What the client calls its request.
 *
 * @throws {ServiceError} `invalid_value`
 */
export function readIdempotencyKey(context: Context<AppEnv>): string | undefined {
  const key = context.req.header("Idempotency-Key");
  if (key === undefined || (key.length >= 1 && key.length <= IDEMPOTENCY_KEY_LENGTH_MAX)) {
    return key;
  }
  throw new ServiceError(
    "invalid_value",
    `Cannot use Idempotency-Key as it must have 1 to ${IDEMPOTENCY_KEY_LENGTH_MAX} characters: ` +
      `it has ${key.length}`,
  );
}

function originOf(context: Context<AppEnv>): string {
  return new URL(context.req.url).origin;
}

/** Path parameter of every route of a job. */
export const jobParameter = z.object({
  job: z.string().meta({ example: "ftjob-5f2b8c0d9e1a3b4c5d6e7f80" }),
});

/** The answers of a route of jobs that are errors, by status. */
export function jobResponses(...statuses: number[]): ZodOpenApiResponsesObject {
  const answer = describeAnswer("An error in OpenAI's form", openAiErrorSchema);
  return Object.fromEntries(statuses.map((status) => [status, answer]));
}

/** Documentation of {@linkcode jobsRoutes}. */
export const jobsPaths: ZodOpenApiPathsObject = {
  "/v1/fine_tuning/jobs": {
    post: {
      summary: "Train a model on a dataset",
      description: "The dataset is frozen as it stands. With `Idempotency-Key` the same request " +
        "gives the same job. The method supervised trains the last layer over the frozen model; " +
        "all_layers trains all layers of a recurrent or dense model, or of a new one.",
      tags: ["fine-tuning"],
      requestParams: {
        header: z.object({ "Idempotency-Key": z.string().max(255).optional() }),
      },
      requestBody: { required: true, content: { "application/json": { schema: newJobSchema } } },
      responses: {
        200: describeAnswer("The job that the same request made before", jobSchema),
        201: describeAnswer("The job", jobSchema),
        ...jobResponses(400, 401, 404, 409, 413, 422, 429),
      },
    },
    get: {
      summary: "List the jobs, the newest first",
      tags: ["fine-tuning"],
      requestParams: { query: listQuerySchema },
      responses: {
        200: describeAnswer("Some of the jobs", listOf(jobSchema).meta({ id: "JobList" })),
        ...jobResponses(401, 404, 422),
      },
    },
  },
  "/v1/fine_tuning/jobs/{job}": {
    get: {
      summary: "One job",
      tags: ["fine-tuning"],
      requestParams: { path: jobParameter },
      responses: { 200: describeAnswer("The job", jobSchema), ...jobResponses(401, 404) },
    },
  },
  "/v1/fine_tuning/jobs/{job}/cancel": {
    post: {
      summary: "Cancel a job",
      description: "At once while it waits; otherwise within a second. One that has ended stays.",
      tags: ["fine-tuning"],
      requestParams: { path: jobParameter },
      responses: { 200: describeAnswer("The job", jobSchema), ...jobResponses(401, 404) },
    },
  },
};
