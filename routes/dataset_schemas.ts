import { z } from "zod";
import { ERROR_CODES } from "../lib/service_error.ts";
import { MODEL_NAME } from "./model_target.ts";
import { pageQueryFields } from "./page_query.ts";

/** The wire names of datasets and samples. Nothing else spells them. */

/** Datasets are named by the same rule as models. */
export const DATASET_NAME = MODEL_NAME;

/** Commas, colons and brackets that a JSON body may have: it has two fields at most. */
export const JSON_TOKENS_MAX = 16;

const kindSchema = z.enum(
  ["image", "text", "series", "vector"],
  "must be image, text, series or vector",
);
const createdAtSchema = z.int().meta({ description: "Seconds since 1970" });
const urlsSchema = z.record(z.string(), z.string()).meta({ description: "What to call" });

/** Body of `POST /v1/datasets`. */
export const newDatasetSchema = z.strictObject({
  name: z.string("must be a text")
    .regex(new RegExp(`^${DATASET_NAME}$`), `must be ${DATASET_NAME}`)
    .meta({ example: "pets" }),
  kind: kindSchema.default("image").meta({ description: "What its samples are" }),
}).meta({ id: "NewDataset" });

const datasetFields = {
  id: z.string(),
  name: z.string(),
  kind: kindSchema,
  created_at: createdAtSchema,
  samples: z.int(),
  bytes: z.int(),
  urls: urlsSchema,
};

export const datasetSummarySchema = z.object({
  ...datasetFields,
  class_count: z.int(),
}).meta({ id: "DatasetSummary" });

export const datasetSchema = z.object({
  ...datasetFields,
  classes: z.array(z.object({ class: z.string(), samples: z.int(), bytes: z.int() })),
}).meta({ id: "Dataset" });

export const datasetListSchema = z.object({
  datasets: z.array(datasetSummarySchema),
  has_more: z.boolean().meta({ description: "Go on with ?after= the last name" }),
}).meta({ id: "DatasetList" });

/** Query of `GET /v1/datasets`; `after` is a name. */
export const listDatasetsQuerySchema = z.strictObject(pageQueryFields);

export const sampleSchema = z.object({
  id: z.string(),
  class: z.string(),
  name: z.string().meta({ description: "The file or line that it came from" }),
  bytes: z.int(),
  sha256: z.string(),
  created_at: createdAtSchema,
  urls: urlsSchema,
}).meta({ id: "Sample" });

export const sampleListSchema = z.object({
  samples: z.array(sampleSchema),
  has_more: z.boolean().meta({ description: "Go on with ?after= the last id" }),
}).meta({ id: "SampleList" });

/** Query of `GET /v1/datasets/{dataset}/samples`; `after` is an id. */
export const listSamplesQuerySchema = z.strictObject({
  class: z.string().optional().meta({ description: "Only this class" }),
  ...pageQueryFields,
});

/** Body of `PATCH /v1/datasets/{dataset}/samples/{sample}`. */
export const relabelSchema = z.strictObject({
  class: z.string("must be a text"),
}).meta({ id: "Relabel" });

/** Query of `POST /v1/datasets/{dataset}/samples`. */
export const addSamplesQuerySchema = z.strictObject({
  class: z.string().optional().meta({
    description: "The body is one sample of this class; a picture, text, or numbers as CSV",
  }),
  name: z.string().optional().meta({ description: "What that one sample is called" }),
});

export const importReportSchema = z.object({
  accepted: z.int().meta({ description: "Samples that are stored now" }),
  duplicates: z.int().meta({ description: "Samples that were there already" }),
  rejected: z.int().meta({ description: "Samples that are not stored" }),
  rejections: z.array(z.object({
    name: z.string(),
    code: z.enum(ERROR_CODES),
    reason: z.string(),
  })).meta({ description: "The first 1,000 of those" }),
  ambiguous: z.array(z.object({
    name: z.string(),
    class: z.string(),
    other_classes: z.array(z.string()),
  })).meta({ description: "The first 1,000 samples whose bytes are also under other classes" }),
}).meta({ id: "ImportReport" });

export type DatasetDetail = z.infer<typeof datasetSchema>;
export type DatasetSummary = z.infer<typeof datasetSummarySchema>;
export type DatasetList = z.infer<typeof datasetListSchema>;
export type SampleDetail = z.infer<typeof sampleSchema>;
export type SampleList = z.infer<typeof sampleListSchema>;
export type ImportReportBody = z.infer<typeof importReportSchema>;
