import { Hono } from "hono";
import type { ZodOpenApiOperationObject } from "zod-openapi";
import type { ImportReport } from "../lib/datasets/import_samples.ts";
import { receiveSamples } from "../lib/datasets/receive_samples.ts";
import { readDataset } from "../lib/storage/datasets/datasets.ts";
import type { AppEnv } from "./app_env.ts";
import { datasetParameter, datasetResponses, describeAnswer } from "./dataset_parts.ts";
import {
  addSamplesQuerySchema,
  type ImportReportBody,
  importReportSchema,
} from "./dataset_schemas.ts";
import { openUpload } from "./open_upload.ts";
import type { Services } from "./services.ts";
import { validateQuery } from "./validate_query.ts";

/** `POST /v1/datasets/{dataset}/samples`: samples in, what became of them out. */
export function addSamplesRoutes({ database, limits }: Services) {
  return new Hono<AppEnv>().post(
    "/v1/datasets/:dataset{[\\w.-]+}/samples",
    validateQuery(addSamplesQuerySchema),
    async (context) => {
      const dataset = await readDataset(database, context.req.param("dataset"));
      await using upload = openUpload(context, limits);
      const { body, contentType } = upload;
      const named = { body, contentType, ...context.req.valid("query") };
      const report = await receiveSamples(database, named, {
        dataset,
        limits,
        directory: limits.dataDir,
        signal: context.var.signal,
      });
      return context.json(describeReport(report));
    },
  );
}

/** The report of an upload as clients see it. */
export function describeReport({ ambiguous, ...report }: ImportReport): ImportReportBody {
  return {
    ...report,
    ambiguous: ambiguous.map(({ otherClasses, ...sample }) => ({
      ...sample,
      other_classes: otherClasses,
    })),
  };
}

const binary = { schema: { type: "string", format: "binary" } } as const;

/** Documentation of {@linkcode addSamplesRoutes}. */
export const addSamplesOperation: ZodOpenApiOperationObject = {
  summary: "Add samples",
  description: "Samples that cannot be used are named in the answer and the others are kept. " +
    "When the upload as a whole is refused or breaks off, nothing of it is kept.",
  tags: ["datasets"],
  requestParams: { path: datasetParameter, query: addSamplesQuerySchema },
  requestBody: {
    required: true,
    content: {
      "multipart/form-data": {
        schema: {
          type: "object",
          additionalProperties: { type: "string", format: "binary" },
          description: "Files; the name of a field is the class",
        },
      },
      "application/zip": binary,
      "application/x-ndjson": {
        schema: {
          type: "string",
          description: 'On each line {"class": ..., "name": ..., and "image" in base64, ' +
            '"text", "series" or "vector": ...}',
        },
      },
      "text/csv": {
        schema: {
          type: "string",
          description: "The first line names the columns: class, perhaps name, and text or " +
            "one column for each number",
        },
      },
      "image/jpeg": binary,
      "image/png": binary,
      "image/webp": binary,
      "text/plain": { schema: { type: "string" } },
    },
  },
  responses: {
    200: describeAnswer("What became of the samples", importReportSchema),
    ...datasetResponses(400, 401, 404, 413, 415, 422, 429, 504),
  },
};
