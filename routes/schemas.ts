import { z } from "zod";
import { ERROR_CODES } from "../lib/service_error.ts";

/** The wire names of the HTTP interface. Nothing else spells them. */

export const errorSchema = z.object({
  error: z.string(),
  code: z.enum(ERROR_CODES),
  request_id: z.string(),
}).meta({ id: "Error" });

const TOP_K_MAX = 10_000;

/** A number in the query, which arrives as text; documented as the number that it stands for. */
function queryNumber(
  rule: string,
  { min, max, isWhole, fallback }: { min: number; max: number; isWhole: boolean; fallback: number },
) {
  const message = `must be ${rule} from ${min} to ${max}`;
  return z.string(message).max(32, message).regex(/^[\d.eE+-]+$/, message).transform(Number)
    .refine((value) => value >= min && value <= max, message)
    .refine((value) => !isWhole || Number.isInteger(value), message)
    .default(fallback)
    .meta({
      override({ jsonSchema }) {
        delete jsonSchema.maxLength;
        delete jsonSchema.pattern;
        Object.assign(jsonSchema, {
          type: isWhole ? "integer" : "number",
          minimum: min,
          maximum: max,
          default: fallback,
        });
      },
    });
}

/** Query of `:classify`. */
export const classifyQuerySchema = z.strictObject({
  /** Most predictions to return, best first. */
  top_k: queryNumber("a whole number", { min: 1, max: TOP_K_MAX, isWhole: true, fallback: 5 }),
  /** Predictions with a lower score are left out. */
  threshold: queryNumber("a number", { min: 0, max: 1, isWhole: false, fallback: 0 }),
});

/** Query of `:embed`: it has no parameters. */
export const embedQuerySchema = z.strictObject({});

/** An encoded picture in JSON: base64, plain, as a data URL, or in TensorFlow Serving's form. */
export const jsonImageSchema = z.union(
  [z.string(), z.strictObject({ b64: z.string() })],
  'must be base64 text or {"b64": base64 text}',
).meta({ id: "JsonImage" });

/** A JSON body: one input as `inputs`, or several as `instances`. */
export const jsonBodySchema = z.strictObject({
  inputs: jsonImageSchema.optional(),
  instances: z.array(jsonImageSchema, "must be a list").min(1, "must not be empty").optional(),
}, "must be an object")
  .refine(
    ({ inputs, instances }) => (inputs === undefined) !== (instances === undefined),
    'the body must have either "inputs" or "instances"',
  )
  .meta({ id: "JsonInputs" });

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
  version: z.string().meta({ description: "Version of lastlayer" }),
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
