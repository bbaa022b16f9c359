import { Hono } from "hono";
import type { ZodOpenApiPathsObject } from "zod-openapi";
import { hashLargeBytes } from "../lib/storage/blobs.ts";
import { publishVersion, refuseBeyondLimits } from "../lib/storage/models/publish_version.ts";
import { selectVersion, STABLE_LABEL } from "../models/model_history.ts";
import { packImportedVersion } from "../models/stored/imported_version.ts";
import type { AppEnv } from "./app_env.ts";
import { describeVersion } from "./describe_version.ts";
import { type ImportFields, importFieldsSchema } from "./import_schemas.ts";
import { errorResponses } from "./openapi_parts.ts";
import { readImport } from "./read_import.ts";
import type { Services } from "./services.ts";
import { modelVersionSchema } from "./version_schemas.ts";

/**
 * `POST /v1/models`: a model file in, a version of a model out. The file is read whole, loaded and
 * run before anything of it is stored.
 */
export function importModelRoutes({ models, database, transfers, limits }: Services) {
  return new Hono<AppEnv>().post("/v1/models", async (context) => {
    const { signal } = context.var;
    // A name that is taken should not cost an upload.
    await models.directory.requireChangeable(context.req.query("name") ?? "");
    const { bytes, fields } = await readImport(context);
    const { name, labels, publish } = fields;
    await models.directory.requireChangeable(name);
    await refuseBeyondLimits(database, { model: name, limits });
    // Before the bytes move to another thread.
    const sha256 = await hashLargeBytes(bytes);
    const model = await transfers.takeIn(bytes, {
      signal,
      preprocessing: readPreprocessing(fields.preprocessing),
      ...(labels ? { labels } : {}),
    });
    const { version } = await publishVersion(database, {
      ...await packImportedVersion(model, { ...fields, sha256 }),
      model: name,
      labels: publish === "true" ? [STABLE_LABEL] : [],
      limits,
    });
    models.directory.refresh(name);
    const history = await models.directory.findHistory(name);
    const status = models.describe(selectVersion(history, { version }));
    const url = `${new URL(context.req.url).origin}/v1/models/${name}`;
    context.header("Location", `${url}/versions/${version}`);
    return context.json(describeVersion(status, { labels: history.labels, url }), 201);
  });
}

function readPreprocessing(fields: ImportFields["preprocessing"] = {}) {
  const { crop_fraction: cropFraction, scale, offset, fit } = fields;
  return {
    ...(scale === undefined ? {} : { scale }),
    ...(offset === undefined ? {} : { offset }),
    ...(fit === undefined ? {} : { fit }),
    ...(cropFraction === undefined ? {} : { cropFraction }),
  };
}

const file = { schema: { type: "string", format: "binary" } } as const;

/** Documentation of {@linkcode importModelRoutes}. */
export const importModelPaths: ZodOpenApiPathsObject = {
  "/v1/models": {
    post: {
      summary: "Import a model",
      description: "A zip that Teachable Machine exports for images, a zip of a TensorFlow.js " +
        "folder, whose network looks at pictures or reads series, or a .tflite file. Networks over " +
        "texts or vectors cannot be imported. It is loaded and run before it is stored.",
      tags: ["models"],
      requestParams: { query: importFieldsSchema.partial() },
      requestBody: {
        required: true,
        content: {
          "application/zip": file,
          "application/octet-stream": file,
          "multipart/form-data": {
            schema: {
              type: "object",
              properties: { file: file.schema },
              additionalProperties: { type: "string" },
              description: "One file, and any of the query's parameters as fields",
            },
          },
        },
      },
      responses: {
        201: {
          description: "The version, published unless `publish` is false",
          headers: { Location: { schema: { type: "string" }, description: "The version's URL" } },
          content: { "application/json": { schema: modelVersionSchema } },
        },
        400: errorResponses[400],
        401: errorResponses[401],
        409: errorResponses[409],
        413: errorResponses[413],
        415: errorResponses[415],
        422: errorResponses[422],
        429: errorResponses[429],
      },
    },
  },
};
