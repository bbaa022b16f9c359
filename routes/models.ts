import { Hono } from "hono";
import type { ZodOpenApiPathsObject } from "zod-openapi";
import type { ModelStatus } from "../models/model_registry.ts";
import { VERSION } from "../lib/version.ts";
import type { AppEnv } from "./app_env.ts";
import { INFERENCE_VERBS } from "./model_target.ts";
import { errorResponses, modelParameter } from "./openapi_parts.ts";
import {
  type ModelDetail,
  modelDetailSchema,
  type ModelList,
  modelListSchema,
  type ModelSummary,
} from "./schemas.ts";
import type { Services } from "./services.ts";

const IMAGE_TYPES = ["image/jpeg", "image/png", "image/webp"];

/** `GET /v1/models` and `GET /v1/models/{model}`. */
export function modelsRoutes({ models, pool }: Services) {
  return new Hono<AppEnv>()
    .get("/v1/models", async (context) => {
      const { origin } = new URL(context.req.url);
      const { backend, size, live } = pool.status();
      const body: ModelList = {
        version: VERSION,
        backend: { name: "wasm", simd: true, ...backend, workers: size, workers_live: live },
        models: (await models.list()).map((status) => summarize(status, origin)),
      };
      return context.json(body);
    })
    .get("/v1/models/:model{[\\w.-]+}", async (context) => {
      const { origin } = new URL(context.req.url);
      const status = await models.describe(context.req.param("model"));
      return context.json(detail(status, origin));
    });
}

function summarize({ entry, state }: ModelStatus, origin: string): ModelSummary {
  const { name, description, licence, source, input, classCount } = entry;
  const url = `${origin}/v1/models/${name}`;
  return {
    name,
    state,
    description,
    licence,
    source,
    input: { kind: "image", types: IMAGE_TYPES, ...input },
    class_count: classCount,
    ...(state === "not_pulled" ? { pull: `deno task pull ${name}` } : {}),
    urls: Object.fromEntries([
      ["self", url],
      ...INFERENCE_VERBS.map((verb) => [verb, `${url}:${verb}`]),
    ]),
  };
}

function detail(status: ModelStatus, origin: string): ModelDetail {
  const { entry, served } = status;
  const { fit, cropFraction, scale, offset } = entry.preprocessing;
  const { metrics } = entry;
  return {
    ...summarize(status, origin),
    preprocessing: { fit, crop_fraction: cropFraction, scale, offset },
    versions: served
      ? [{
        version: served.version,
        feature_length: served.report.featureLength,
        load_ms: Math.round(served.report.loadMs),
      }]
      : [],
    labels: [...served?.labels ?? []],
    metrics: { source: metrics.source, top_1: metrics.top1, top_5: metrics.top5 },
  };
}

/** Documentation of {@linkcode modelsRoutes}. */
export const modelsPaths: ZodOpenApiPathsObject = {
  "/v1/models": {
    get: {
      summary: "List the models",
      tags: ["models"],
      responses: {
        200: {
          description: "The backend and every known model",
          content: { "application/json": { schema: modelListSchema } },
        },
      },
    },
  },
  "/v1/models/{model}": {
    get: {
      summary: "One model",
      description: "Input, preprocessing, labels, versions and the URLs to call.",
      tags: ["models"],
      requestParams: { path: modelParameter },
      responses: {
        200: {
          description: "The model",
          content: { "application/json": { schema: modelDetailSchema } },
        },
        401: errorResponses[401],
        404: errorResponses[404],
      },
    },
  },
};
