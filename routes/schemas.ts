import { z } from "zod";
import { ERROR_CODES } from "../lib/service_error.ts";

/** The wire names of the HTTP interface. Nothing else spells them. */

export const errorSchema = z.object({
  error: z.string(),
  code: z.enum(ERROR_CODES),
  request_id: z.string(),
}).meta({ id: "Error" });

/** Query of `:classify`. Parameters arrive as text. */
export const classifyQuerySchema = z.strictObject({
  top_k: z.string().regex(/^\d{1,6}$/, "must be a whole number").transform(Number)
    .pipe(z.int().min(1).max(10_000)).default(5)
    .meta({ description: "Most predictions to return, best first" }),
  threshold: z.string().regex(/^\d*\.?\d+$/, "must be a number").transform(Number)
    .pipe(z.number().min(0).max(1)).default(0)
    .meta({ description: "Predictions with a lower score are left out" }),
});

/** An encoded picture in JSON: base64, plain, as a data URL, or in TensorFlow Serving's form. */
export const jsonImageSchema = z.union([
  z.string(),
  z.strictObject({ b64: z.string() }),
]).meta({ id: "JsonImage" });

/** A JSON body: one input, or several. */
export const jsonBodySchema = z.union([
  z.strictObject({ inputs: jsonImageSchema }),
  z.strictObject({ instances: z.array(jsonImageSchema).min(1) }),
]).meta({ id: "JsonInputs" });

const timingSchema = z.object({
  queue: z.number(),
  decode: z.number(),
  preprocess: z.number(),
  predict: z.number(),
  total: z.number(),
}).partial().required({ total: true }).meta({
  id: "TimingMs",
  description: "Milliseconds; for several inputs only the total",
});

const predictionSchema = z.object({
  label: z.string(),
  index: z.int(),
  score: z.number(),
}).meta({ id: "Prediction" });

const inputErrorSchema = z.object({
  name: z.string().optional(),
  error: z.string(),
  code: z.enum(ERROR_CODES),
}).meta({ id: "InputError" });

const answerSchema = z.object({
  model: z.string(),
  version: z.int(),
  timing_ms: timingSchema,
});

export const classificationSchema = z.union([
  answerSchema.extend({ predictions: z.array(predictionSchema) }),
  answerSchema.extend({
    results: z.array(z.union([
      z.object({ name: z.string().optional(), predictions: z.array(predictionSchema) }),
      inputErrorSchema,
    ])),
  }),
]).meta({ id: "Classification" });

export const embeddingSchema = z.union([
  answerSchema.extend({ embedding: z.array(z.number()) }),
  answerSchema.extend({
    results: z.array(z.union([
      z.object({ name: z.string().optional(), embedding: z.array(z.number()) }),
      inputErrorSchema,
    ])),
  }),
]).meta({ id: "Embedding" });

const modelSummaryFields = {
  name: z.string(),
  state: z.enum(["not_pulled", "pulled", "ready"]).meta({
    description:
      "not_pulled: run the command in `pull`; pulled: loaded by its first request; ready: warm",
  }),
  description: z.string(),
  licence: z.string(),
  source: z.string(),
  input: z.object({
    kind: z.literal("image"),
    types: z.array(z.string()),
    height: z.int(),
    width: z.int(),
    channels: z.int(),
  }),
  class_count: z.int(),
  pull: z.string().optional().meta({ description: "The command that fetches the model" }),
  urls: z.record(z.string(), z.string()).meta({ description: "What to call, by verb" }),
};

export const modelSummarySchema = z.object(modelSummaryFields).meta({ id: "ModelSummary" });

export const modelDetailSchema = z.object({
  ...modelSummaryFields,
  preprocessing: z.object({
    fit: z.enum(["crop", "stretch"]),
    crop_fraction: z.number(),
    scale: z.number(),
    offset: z.number(),
  }),
  versions: z.array(z.object({
    version: z.int(),
    feature_length: z.int(),
    load_ms: z.number(),
  })),
  labels: z.array(z.string()),
  metrics: z.object({
    source: z.string().meta({ description: "What the accuracy was measured on, and how" }),
    top_1: z.number(),
    top_5: z.number(),
  }),
}).meta({ id: "Model" });

export const modelListSchema = z.object({
  backend: z.object({
    name: z.literal("wasm"),
    simd: z.literal(true),
    version: z.string().optional().meta({ description: "Version of TensorFlow.js" }),
    workers: z.int(),
    workers_live: z.int(),
  }),
  models: z.array(modelSummarySchema),
}).meta({ id: "ModelList" });

export type ModelSummary = z.infer<typeof modelSummarySchema>;
export type ModelDetail = z.infer<typeof modelDetailSchema>;
export type ModelList = z.infer<typeof modelListSchema>;
export type Classification = z.infer<typeof classificationSchema>;
export type Embedding = z.infer<typeof embeddingSchema>;
