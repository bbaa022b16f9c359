import { Hono } from "hono";
import type { ZodOpenApiPathsObject } from "zod-openapi";
import type { ImagePreprocessing } from "../models/image_input.ts";
import type { ModelInput } from "../models/model_description.ts";
import type { ModelStatus } from "../models/model_registry.ts";
import { VERSION } from "../lib/version.ts";
import type { AppEnv } from "./app_env.ts";
import { errorResponses, modelParameter } from "./openapi_parts.ts";
import {
  type ModelDetail,
  modelDetailSchema,
  type ModelList,
  modelListSchema,
  type ModelSummary,
} from "./model_schemas.ts";
import type { Services } from "./services.ts";

/** Media types of bodies that are one input; JSON takes one or several of each kind. */
const INPUT_TYPES = {
  image: ["image/jpeg", "image/png", "image/webp", "application/json"],
  text: ["text/plain", "application/json"],
  series: ["text/csv", "application/json"],
  vector: ["text/csv", "application/json"],
};

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
      const known = await models.directory.find(context.req.param("model"));
      return context.json(detail(models.describe(known), origin));
    });
}

function summarize({ known, state }: ModelStatus, origin: string): ModelSummary {
  const { name, description, licence, source, input, verbs } = known.description;
  const { classCount, codeLength } = known.description;
  const url = `${origin}/v1/models/${name}`;
  return {
    name,
    state,
    description,
    licence,
    source,
    input: describeInput(input),
    verbs: [...verbs],
    class_count: classCount,
    ...(codeLength === undefined ? {} : { code_length: codeLength }),
    ...(state === "not_pulled" ? { pull: `deno task pull ${name}` } : {}),
    urls: Object.fromEntries([["self", url], ...verbs.map((verb) => [verb, `${url}:${verb}`])]),
  };
}

function describeInput(input: ModelInput): ModelSummary["input"] {
  const { kind } = input;
  switch (kind) {
    case "image": {
      const { height, width, channels } = input;
      return { kind, types: INPUT_TYPES.image, height, width, channels };
    }
    case "text": {
      const { vocabulary, folding, charactersMax } = input;
      return { kind, types: INPUT_TYPES.text, vocabulary, folding, characters_max: charactersMax };
    }
    case "series": {
      const { channels, stepsMax, stepsPerSecond } = input;
      const rate = stepsPerSecond === undefined ? {} : { steps_per_second: stepsPerSecond };
      return { kind, types: INPUT_TYPES.series, channels, steps_max: stepsMax, ...rate };
    }
    case "vector":
      return { kind, types: INPUT_TYPES.vector, length: input.length };
  }
}

function detail(status: ModelStatus, origin: string): ModelDetail {
  const { known: { description, version }, served } = status;
  const { input, metrics } = description;
  return {
    ...summarize(status, origin),
    ...(input.kind === "image" ? { preprocessing: describePreprocessing(input) } : {}),
    versions: [{
      version,
      ...(served
        ? {
          feature_length: served.report.featureLength,
          load_ms: Math.round(served.report.loadMs),
        }
        : {}),
    }],
    labels: [...served?.labels ?? description.labels ?? []],
    metrics: { source: metrics.source, values: { ...metrics.values } },
  };
}

function describePreprocessing({ fit, cropFraction, scale, offset }: ImagePreprocessing) {
  return { fit, crop_fraction: cropFraction, scale, offset };
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
