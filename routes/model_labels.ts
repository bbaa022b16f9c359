import { Hono } from "hono";
import type { ZodOpenApiPathsObject } from "zod-openapi";
import { ServiceError } from "../lib/service_error.ts";
import { moveLabel } from "../lib/storage/models/publish_version.ts";
import { removeLabel } from "../lib/storage/models/stored_models.ts";
import { STABLE_LABEL } from "../models/model_history.ts";
import type { AppEnv } from "./app_env.ts";
import { errorResponses, labelParameter, modelParameter, versionLabel } from "./openapi_parts.ts";
import { readJsonBody } from "./read_json_body.ts";
import type { Services } from "./services.ts";
import {
  labelBodySchema,
  type LabelList,
  labelListSchema,
  labelSchema,
  type VersionLabel,
} from "./version_schemas.ts";

/** Commas, colons and brackets that a body may have: it has one field. */
const JSON_TOKENS_MAX = 16;

/** The labels of a model: which version answers to `stable`, `canary` and so on. */
export function modelLabelsRoutes({ models, database }: Services) {
  const { directory } = models;
  return new Hono<AppEnv>()
    .get("/v1/models/:model{[\\w.-]+}/labels", async (context) => {
      const model = context.req.param("model");
      const { labels } = await directory.findHistory(model);
      return context.json({ model, labels: { ...labels } } satisfies LabelList);
    })
    .put("/v1/models/:model{[\\w.-]+}/labels/:label{[\\w.-]+}", async (context) => {
      const { model, label } = context.req.param();
      requireLabel(label);
      const body = { schema: labelBodySchema, tokensMax: JSON_TOKENS_MAX };
      const { version } = await readJsonBody(context, body);
      await directory.requireChangeable(model);
      // Loaded first: the next request does not wait, and what cannot run is not published.
      const target = { name: model, selector: { version } };
      (await models.acquire(target, undefined, context.var.signal))[Symbol.dispose]();
      await moveLabel(database, { model, label, version });
      directory.refresh(model);
      return context.json({ model, label, version } satisfies VersionLabel);
    })
    .delete("/v1/models/:model{[\\w.-]+}/labels/:label{[\\w.-]+}", async (context) => {
      const { model, label } = context.req.param();
      await directory.requireChangeable(model);
      await directory.findHistory(model);
      if (label === STABLE_LABEL) {
        throw new ServiceError(
          "conflict",
          `Cannot delete label ${label} of model ${model} as requests without a version go to it: ` +
            "point it to another version, or delete the model",
        );
      }
      await removeLabel(database, { model, label });
      directory.refresh(model);
      return context.body(null, 204);
    });
}

function requireLabel(label: string): void {
  const { error } = versionLabel.safeParse(label);
  if (!error) return;
  const rule = error.issues[0]?.message;
  throw new ServiceError(
    "invalid_value",
    `Cannot use label as it ${rule}: current value is "${label.slice(0, 64)}"`,
  );
}

/** Documentation of {@linkcode modelLabelsRoutes}. */
export const modelLabelsPaths: ZodOpenApiPathsObject = {
  "/v1/models/{model}/labels": {
    get: {
      summary: "List the labels of a model",
      tags: ["versions"],
      requestParams: { path: modelParameter },
      responses: {
        200: {
          description: "The version that each label points to",
          content: { "application/json": { schema: labelListSchema } },
        },
        401: errorResponses[401],
        404: errorResponses[404],
      },
    },
  },
  "/v1/models/{model}/labels/{label}": {
    put: {
      summary: "Point a label to a version",
      description:
        "`stable` publishes a version, or rolls back to it. New requests get it at once; " +
        "those in flight are answered by the version that they began with.",
      tags: ["versions"],
      requestParams: { path: labelParameter },
      requestBody: { required: true, content: { "application/json": { schema: labelBodySchema } } },
      responses: {
        200: {
          description: "The label as it is now",
          content: { "application/json": { schema: labelSchema } },
        },
        400: errorResponses[400],
        401: errorResponses[401],
        404: errorResponses[404],
        409: errorResponses[409],
        422: errorResponses[422],
      },
    },
    delete: {
      summary: "Delete a label",
      description: "`stable` stays as long as the model.",
      tags: ["versions"],
      requestParams: { path: labelParameter },
      responses: {
        204: { description: "It is gone; the version stays" },
        401: errorResponses[401],
        404: errorResponses[404],
        409: errorResponses[409],
      },
    },
  },
};
