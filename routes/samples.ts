import { type Context, Hono } from "hono";
import type { ZodOpenApiPathsObject } from "zod-openapi";
import { readClassName } from "../lib/datasets/sample_names.ts";
import { writeSampleContent } from "../lib/datasets/write_sample_content.ts";
import { ServiceError } from "../lib/service_error.ts";
import { readBlob } from "../lib/storage/blobs.ts";
import { readDataset } from "../lib/storage/datasets/datasets.ts";
import {
  deleteSample,
  listSamples,
  readSample,
  relabelSample,
  type Sample,
} from "../lib/storage/datasets/samples.ts";
import { addSamplesOperation } from "./add_samples.ts";
import type { AppEnv } from "./app_env.ts";
import {
  datasetParameter,
  datasetResponses,
  describeAnswer,
  sampleParameters,
} from "./dataset_parts.ts";
import {
  JSON_TOKENS_MAX,
  listSamplesQuerySchema,
  relabelSchema,
  type SampleDetail,
  type SampleList,
  sampleListSchema,
  sampleSchema,
} from "./dataset_schemas.ts";
import { readJsonBody } from "./read_json_body.ts";
import type { Services } from "./services.ts";
import { validateQuery } from "./validate_query.ts";

const LIST = "/v1/datasets/:dataset{[\\w.-]+}/samples";
const ONE = `${LIST}/:sample{[\\w-]+}` as const;

/** `/v1/datasets/{dataset}/samples`: list, show, give the bytes, relabel and delete. */
export function samplesRoutes({ database, limits }: Services) {
  const findDataset = (context: Context<AppEnv>) =>
    readDataset(database, context.req.param("dataset") ?? "");
  return new Hono<AppEnv>()
    .get(LIST, validateQuery(listSamplesQuerySchema), async (context) => {
      const dataset = await findDataset(context);
      const { after, limit, class: className } = context.req.valid("query");
      if (after !== undefined) {
        await readSample(database, { datasetId: dataset.id, sampleId: after });
      }
      const options = { datasetId: dataset.id, class: className, after, limit };
      const { items, hasMore } = await listSamples(database, options);
      const address = { dataset: dataset.name, requestUrl: context.req.url };
      const samples = items.map((sample) => describeSample(sample, address));
      const body: SampleList = { samples, has_more: hasMore };
      return context.json(body);
    })
    .get(ONE, async (context) => {
      const { id, name } = await findDataset(context);
      const sample = await readSample(database, {
        datasetId: id,
        sampleId: context.req.param("sample"),
      });
      return context.json(describeSample(sample, { dataset: name, requestUrl: context.req.url }));
    })
    .get(`${ONE}/content`, async (context) => {
      const { id, kind } = await findDataset(context);
      const sampleId = context.req.param("sample");
      const { sha256 } = await readSample(database, { datasetId: id, sampleId });
      const bytes = await readBlob(database, sha256);
      // It was deleted in between.
      if (!bytes) throw new ServiceError("sample_not_found", `Cannot find sample "${sampleId}"`);
      const { mediaType, content } = writeSampleContent(bytes, kind);
      return context.body(content, 200, {
        "Content-Type": mediaType,
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "private, max-age=86400, immutable",
      });
    })
    .patch(ONE, async (context) => {
      const { id, name } = await findDataset(context);
      const body = await readJsonBody(context, {
        schema: relabelSchema,
        tokensMax: JSON_TOKENS_MAX,
      });
      const sample = await relabelSample(database, {
        datasetId: id,
        sampleId: context.req.param("sample"),
        class: readClassName(body.class),
        classesMax: limits.classesMax,
      });
      return context.json(describeSample(sample, { dataset: name, requestUrl: context.req.url }));
    })
    .delete(ONE, async (context) => {
      const { id } = await findDataset(context);
      await deleteSample(database, { datasetId: id, sampleId: context.req.param("sample") });
      return context.body(null, 204);
    });
}

function describeSample(
  { id, sha256, class: className, name, length, createdAt }: Sample,
  { dataset, requestUrl }: { dataset: string; requestUrl: string },
): SampleDetail {
  const self = `${new URL(requestUrl).origin}/v1/datasets/${dataset}/samples/${id}`;
  return {
    id,
    class: className,
    name,
    bytes: length,
    sha256,
    created_at: Math.floor(createdAt / 1000),
    urls: { self, content: `${self}/content` },
  };
}

const binary = { schema: { type: "string", format: "binary" } } as const;

/** Documentation of {@linkcode samplesRoutes}, and of adding samples, which has the same path. */
export const samplesPaths: ZodOpenApiPathsObject = {
  "/v1/datasets/{dataset}/samples": {
    post: addSamplesOperation,
    get: {
      summary: "List the samples, the oldest first",
      tags: ["datasets"],
      requestParams: { path: datasetParameter, query: listSamplesQuerySchema },
      responses: {
        200: describeAnswer("Some of the samples", sampleListSchema),
        ...datasetResponses(401, 404, 422),
      },
    },
  },
  "/v1/datasets/{dataset}/samples/{sample}": {
    get: {
      summary: "One sample",
      tags: ["datasets"],
      requestParams: { path: sampleParameters },
      responses: {
        200: describeAnswer("The sample", sampleSchema),
        ...datasetResponses(401, 404),
      },
    },
    patch: {
      summary: "Put a sample into another class",
      tags: ["datasets"],
      requestParams: { path: sampleParameters },
      requestBody: { required: true, content: { "application/json": { schema: relabelSchema } } },
      responses: {
        200: describeAnswer("The sample", sampleSchema),
        ...datasetResponses(400, 401, 404, 409, 413, 422),
      },
    },
    delete: {
      summary: "Delete a sample",
      tags: ["datasets"],
      requestParams: { path: sampleParameters },
      responses: { 204: { description: "It is gone" }, ...datasetResponses(401, 404) },
    },
  },
  "/v1/datasets/{dataset}/samples/{sample}/content": {
    get: {
      summary: "What was uploaded",
      tags: ["datasets"],
      requestParams: { path: sampleParameters },
      responses: {
        200: {
          description: "The picture, the text, or the numbers as CSV with a line for each step",
          content: {
            "image/jpeg": binary,
            "image/png": binary,
            "image/webp": binary,
            "text/plain": { schema: { type: "string" } },
            "text/csv": { schema: { type: "string" } },
          },
        },
        ...datasetResponses(401, 404),
      },
    },
  },
};
