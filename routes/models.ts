import { Hono } from "hono";
import type { ZodOpenApiPathsObject } from "zod-openapi";
import { deleteModel } from "../lib/storage/models/stored_models.ts";
import { VERSION } from "../lib/version.ts";
import type { AppEnv } from "./app_env.ts";
import { describeModel, summarizeModel } from "./describe_model.ts";
import { errorResponses, modelParameter } from "./openapi_parts.ts";
import { modelDetailSchema, type ModelList, modelListSchema } from "./model_schemas.ts";
import type { Services } from "./services.ts";

/** `GET /v1/models`, and `GET` and `DELETE /v1/models/{model}`. */
export function modelsRoutes({ models, pool, database }: Services) {
  return new Hono<AppEnv>()
    .get("/v1/models", async (context) => {
      const { origin } = new URL(context.req.url);
      const { backend, size, live } = pool.status();
      const body: ModelList = {
        version: VERSION,
        backend: { name: "wasm", simd: true, ...backend, workers: size, workers_live: live },
        models: (await models.list()).map((status) =>
          summarizeModel(status, `${origin}/v1/models/${status.known.description.name}`)
        ),
      };
      return context.json(body);
    })
    .get("/v1/models/:model{[\\w.-]+}", async (context) => {
      const { origin } = new URL(context.req.url);
      const model = context.req.param("model");
      const known = await models.directory.find(model);
      const history = await models.directory.findHistory(model);
      const statuses = history.versions.map((version) => models.describe(version));
      const described = { status: models.describe(known), history, statuses };
      return context.json(describeModel(described, `${origin}/v1/models/${model}`));
    })
    .delete("/v1/models/:model{[\\w.-]+}", async (context) => {
      const model = context.req.param("model");
      await models.directory.requireChangeable(model);
      await deleteModel(database, model);
      models.directory.refresh(model);
      return context.body(null, 204);
    });
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
        401: errorResponses[401],
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
    delete: {
      summary: "Delete a model",
      description: "With all its versions. What comes with the service cannot be deleted.",
      tags: ["models"],
      requestParams: { path: modelParameter },
      responses: {
        204: { description: "It is gone; requests in flight are answered" },
        401: errorResponses[401],
        404: errorResponses[404],
        409: errorResponses[409],
      },
    },
  },
};
