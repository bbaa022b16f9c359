import { Hono } from "hono";
import { createDocument, type ZodOpenApiObject } from "zod-openapi";
import { VERSION } from "../lib/version.ts";
import type { AppEnv } from "./app_env.ts";
import { classifyPaths } from "./classify.ts";
import { datasetsPaths } from "./datasets.ts";
import { decodePaths } from "./decode.ts";
import { embedPaths } from "./embed.ts";
import { predictPaths } from "./predict.ts";
import { encodePaths } from "./encode.ts";
import { finetunePaths } from "./finetune.ts";
import { generatePaths } from "./generate.ts";
import { healthPaths } from "./health.ts";
import { jobRecordsPaths } from "./job_records.ts";
import { jobsPaths } from "./jobs.ts";
import { metricsPaths } from "./metrics.ts";
import { exportModelPaths } from "./export_model.ts";
import { importModelPaths } from "./import_model.ts";
import { modelLabelsPaths } from "./model_labels.ts";
import { modelVersionsPaths } from "./model_versions.ts";
import { modelsPaths } from "./models.ts";
import { reconstructPaths } from "./reconstruct.ts";
import { samplesPaths } from "./samples.ts";
import { sequenceStreamPaths } from "./sequence_stream.ts";
import { sequencesPaths } from "./sequences.ts";
import { addSharedResponses } from "./shared_responses.ts";
import { addVersionPaths } from "./versioned_paths.ts";

/** The OpenAPI 3.1 document of the whole service; each route file describes its own paths. */
export function createOpenApiDocument() {
  return createDocument(describe(), {
    // Fields may be added to answers, so clients must not refuse those that they do not know.
    override: ({ jsonSchema, io }) => {
      if (io === "output") delete jsonSchema.additionalProperties;
    },
  });
}

function describe(): ZodOpenApiObject {
  return {
    openapi: "3.1.1",
    info: {
      title: "lastlayer",
      version: VERSION,
      description: "Serves pretrained networks over HTTP: labels, feature vectors, text and codes.",
      license: { name: "MIT", identifier: "MIT" },
    },
    security: [{ bearer: [] }, {}],
    components: { securitySchemes: { bearer: { type: "http", scheme: "bearer" } } },
    paths: addSharedResponses({
      ...modelsPaths,
      "/v1/models": { ...modelsPaths["/v1/models"], ...importModelPaths["/v1/models"] },
      ...modelVersionsPaths,
      ...modelLabelsPaths,
      ...exportModelPaths,
      ...addVersionPaths({
        ...classifyPaths,
        ...predictPaths,
        ...embedPaths,
        ...generatePaths,
        ...encodePaths,
        ...decodePaths,
        ...reconstructPaths,
      }),
      ...sequencesPaths,
      ...sequenceStreamPaths,
      ...datasetsPaths,
      ...samplesPaths,
      ...finetunePaths,
      ...jobsPaths,
      ...jobRecordsPaths,
      ...healthPaths,
      ...metricsPaths,
    }),
  };
}

/** `GET /openapi.json`. */
export function openApiRoutes(): Hono<AppEnv> {
  let text: string | undefined;
  return new Hono<AppEnv>().get("/openapi.json", (context) => {
    text ??= JSON.stringify(createOpenApiDocument());
    return context.body(text, 200, { "Content-Type": "application/json" });
  });
}
