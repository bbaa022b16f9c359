import { type Context, Hono } from "hono";
import type { ZodOpenApiPathsObject } from "zod-openapi";
import { deleteVersion } from "../lib/storage/models/stored_models.ts";
import { type ModelHistory, selectVersion } from "../models/model_history.ts";
import type { AppEnv } from "./app_env.ts";
import { compareVersions } from "./compare_versions.ts";
import { describeVersion } from "./describe_version.ts";
import { errorResponses, modelParameter, versionParameter } from "./openapi_parts.ts";
import type { Services } from "./services.ts";
import { validateQuery } from "./validate_query.ts";
import {
  compareQuerySchema,
  type ModelVersion,
  modelVersionSchema,
  versionComparisonSchema,
  type VersionList,
  versionListSchema,
} from "./version_schemas.ts";

/** The versions of a model: `GET` all, one, or several side by side, and `DELETE` one. */
export function modelVersionsRoutes({ models, database }: Services) {
  const describe = (
    history: ModelHistory,
    { version, url }: { version: number; url: string },
  ): ModelVersion =>
    describeVersion(models.describe(selectVersion(history, { version })), {
      labels: history.labels,
      url,
    });
  return new Hono<AppEnv>()
    .get("/v1/models/:model{[\\w.-]+}/versions", async (context) => {
      const { model, url } = readModel(context, context.req.param("model"));
      const history = await models.directory.findHistory(model);
      const versions = history.versions.map(({ version }) => describe(history, { version, url }));
      return context.json({ model, versions } satisfies VersionList);
    })
    .get(
      "/v1/models/:model{[\\w.-]+}/compare",
      validateQuery(compareQuerySchema),
      async (context) => {
        const { model, url } = readModel(context, context.req.param("model"));
        const history = await models.directory.findHistory(model);
        const { versions } = context.req.valid("query");
        const described = versions.map((version) => describe(history, { version, url }));
        return context.json(compareVersions(model, described));
      },
    )
    .get("/v1/models/:model{[\\w.-]+}/versions/:version{\\d+}", async (context) => {
      const { model, url } = readModel(context, context.req.param("model"));
      const version = Number(context.req.param("version"));
      const history = await models.directory.findHistory(model);
      return context.json(describe(history, { version, url }));
    })
    .delete("/v1/models/:model{[\\w.-]+}/versions/:version{\\d+}", async (context) => {
      const model = context.req.param("model");
      const version = Number(context.req.param("version"));
      await models.directory.requireChangeable(model);
      selectVersion(await models.directory.findHistory(model), { version });
      await deleteVersion(database, { model, version });
      models.directory.refresh(model);
      return context.body(null, 204);
    });
}

function readModel(context: Context<AppEnv>, model: string): { model: string; url: string } {
  return { model, url: `${new URL(context.req.url).origin}/v1/models/${model}` };
}

/** Documentation of {@linkcode modelVersionsRoutes}. */
export const modelVersionsPaths: ZodOpenApiPathsObject = {
  "/v1/models/{model}/versions": {
    get: {
      summary: "List the versions of a model",
      tags: ["versions"],
      requestParams: { path: modelParameter },
      responses: {
        200: {
          description: "Every version with its card, the oldest first",
          content: { "application/json": { schema: versionListSchema } },
        },
        401: errorResponses[401],
        404: errorResponses[404],
      },
    },
  },
  "/v1/models/{model}/compare": {
    get: {
      summary: "Compare versions of a model",
      tags: ["versions"],
      requestParams: { path: modelParameter, query: compareQuerySchema },
      responses: {
        200: {
          description: "Metrics side by side, and what else tells the versions apart",
          content: { "application/json": { schema: versionComparisonSchema } },
        },
        401: errorResponses[401],
        404: errorResponses[404],
        422: errorResponses[422],
      },
    },
  },
  "/v1/models/{model}/versions/{version}": {
    get: {
      summary: "One version of a model",
      description: "Its card: where it comes from, how good it is, and the URLs to call.",
      tags: ["versions"],
      requestParams: { path: versionParameter },
      responses: {
        200: {
          description: "The version",
          content: { "application/json": { schema: modelVersionSchema } },
        },
        401: errorResponses[401],
        404: errorResponses[404],
      },
    },
    delete: {
      summary: "Delete a version",
      description: "Refused while a label points to it, or another version stands on its network.",
      tags: ["versions"],
      requestParams: { path: versionParameter },
      responses: {
        204: { description: "It is gone; requests in flight are answered" },
        401: errorResponses[401],
        404: errorResponses[404],
        409: errorResponses[409],
      },
    },
  },
};
