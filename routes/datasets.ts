import { Hono } from "hono";
import type { ZodOpenApiPathsObject } from "zod-openapi";
import type { Database } from "../lib/storage/database.ts";
import {
  createDataset,
  type Dataset,
  type DatasetClass,
  listClasses,
  listDatasets,
  readDataset,
} from "../lib/storage/datasets/datasets.ts";
import { deleteDataset } from "../lib/storage/datasets/delete_dataset.ts";
import type { AppEnv } from "./app_env.ts";
import { datasetParameter, datasetResponses, describeAnswer } from "./dataset_parts.ts";
import {
  type DatasetDetail,
  type DatasetList,
  datasetListSchema,
  datasetSchema,
  type DatasetSummary,
  JSON_TOKENS_MAX,
  listDatasetsQuerySchema,
  newDatasetSchema,
} from "./dataset_schemas.ts";
import { readJsonBody } from "./read_json_body.ts";
import type { Services } from "./services.ts";
import { validateQuery } from "./validate_query.ts";

/** `/v1/datasets` and `/v1/datasets/{dataset}`: make, list, show and delete. */
export function datasetsRoutes({ database, limits }: Services) {
  return new Hono<AppEnv>()
    .post("/v1/datasets", async (context) => {
      const { name, kind } = await readJsonBody(context, {
        schema: newDatasetSchema,
        tokensMax: JSON_TOKENS_MAX,
      });
      const { datasetsMax } = limits;
      const dataset = await createDataset(database, { name, kind, datasetsMax });
      const body = describeDataset(dataset, [], context.req.url);
      context.header("Location", body.urls.self);
      return context.json(body, 201);
    })
    .get("/v1/datasets", validateQuery(listDatasetsQuerySchema), async (context) => {
      const { after: name, limit } = context.req.valid("query");
      const after = name === undefined ? undefined : (await readDataset(database, name)).id;
      const { items, hasMore } = await listDatasets(database, { after, limit });
      const datasets = await Promise.all(
        items.map((dataset) => summarizeDataset(database, dataset, context.req.url)),
      );
      const body: DatasetList = { datasets, has_more: hasMore };
      return context.json(body);
    })
    .get("/v1/datasets/:dataset{[\\w.-]+}", async (context) => {
      const dataset = await readDataset(database, context.req.param("dataset"));
      const classes = await listClasses(database, dataset.id);
      return context.json(describeDataset(dataset, classes, context.req.url));
    })
    .delete("/v1/datasets/:dataset{[\\w.-]+}", async (context) => {
      await deleteDataset(database, context.req.param("dataset"));
      return context.body(null, 204);
    });
}

async function summarizeDataset(
  database: Database,
  dataset: Dataset,
  requestUrl: string,
): Promise<DatasetSummary> {
  const classes = await listClasses(database, dataset.id);
  return { ...describeFields(dataset, classes, requestUrl), class_count: classes.length };
}

function describeDataset(
  dataset: Dataset,
  classes: DatasetClass[],
  requestUrl: string,
): DatasetDetail {
  return { ...describeFields(dataset, classes, requestUrl), classes };
}

function describeFields(
  { id, name, kind, createdAt }: Dataset,
  classes: readonly DatasetClass[],
  requestUrl: string,
) {
  const self = `${new URL(requestUrl).origin}/v1/datasets/${name}`;
  return {
    id,
    name,
    kind,
    created_at: Math.floor(createdAt / 1000),
    samples: classes.reduce((sum, { samples }) => sum + samples, 0),
    bytes: classes.reduce((sum, { bytes }) => sum + bytes, 0),
    urls: { self, samples: `${self}/samples` },
  };
}

/** Documentation of {@linkcode datasetsRoutes}. */
export const datasetsPaths: ZodOpenApiPathsObject = {
  "/v1/datasets": {
    post: {
      summary: "Make an empty dataset",
      tags: ["datasets"],
      requestBody: {
        required: true,
        content: { "application/json": { schema: newDatasetSchema } },
      },
      responses: {
        201: describeAnswer("The dataset", datasetSchema),
        ...datasetResponses(400, 401, 409, 413, 422),
      },
    },
    get: {
      summary: "List the datasets, the oldest first",
      tags: ["datasets"],
      requestParams: { query: listDatasetsQuerySchema },
      responses: {
        200: describeAnswer("Some of the datasets", datasetListSchema),
        ...datasetResponses(401, 404, 422),
      },
    },
  },
  "/v1/datasets/{dataset}": {
    get: {
      summary: "One dataset with its classes",
      tags: ["datasets"],
      requestParams: { path: datasetParameter },
      responses: {
        200: describeAnswer("The dataset", datasetSchema),
        ...datasetResponses(401, 404),
      },
    },
    delete: {
      summary: "Delete a dataset with its samples",
      description: "Jobs and models keep what they were trained on.",
      tags: ["datasets"],
      requestParams: { path: datasetParameter },
      responses: { 204: { description: "It is gone" }, ...datasetResponses(401, 404) },
    },
  },
};
