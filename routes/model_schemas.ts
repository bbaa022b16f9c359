import { z } from "zod";
import { VERBS } from "../models/model_description.ts";

/** The wire names of what is said about models. Nothing else spells them. */

const imageInputSchema = z.object({
  kind: z.literal("image"),
  types: z.array(z.string()),
  height: z.int(),
  width: z.int(),
  channels: z.int(),
}).meta({ id: "ImageInput" });

const textInputSchema = z.object({
  kind: z.literal("text"),
  types: z.array(z.string()),
  vocabulary: z.string(),
  folding: z.enum(["none", "lower"]).meta({
    description:
      "lower: NFKD without combining marks, lower case, trimmed, and characters that the " +
      "vocabulary lacks as plain ones that it has; none: text as it is",
  }),
  characters_max: z.int(),
}).meta({ id: "TextInput" });

const seriesInputSchema = z.object({
  kind: z.literal("series"),
  types: z.array(z.string()),
  channels: z.int(),
  steps_max: z.int(),
  steps_per_second: z.number().optional(),
}).meta({ id: "SeriesInput" });

const vectorInputSchema = z.object({
  kind: z.literal("vector"),
  types: z.array(z.string()),
  length: z.int(),
}).meta({ id: "VectorInput" });

export const metricsSchema = z.object({
  source: z.string().meta({ description: "What was measured, and how" }),
  values: z.record(z.string(), z.number()),
}).meta({ id: "Metrics" });

export const modelSummaryFields = {
  name: z.string(),
  state: z.enum(["not_pulled", "available", "ready"]).meta({
    description:
      "not_pulled: run the command in `pull`; available: loaded by its first request; ready: warm",
  }),
  description: z.string(),
  licence: z.string(),
  source: z.string(),
  input: z.discriminatedUnion("kind", [
    imageInputSchema,
    textInputSchema,
    seriesInputSchema,
    vectorInputSchema,
  ]),
  verbs: z.array(z.enum(VERBS)).meta({ description: "What can be asked of the model" }),
  class_count: z.int().meta({ description: "0: the model does not classify" }),
  code_length: z.int().optional().meta({ description: "Numbers in the code of an autoencoder" }),
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
  }).optional().meta({ description: "Of pictures" }),
  versions: z.array(z.object({
    version: z.int(),
    created_at: z.iso.datetime().optional(),
    feature_length: z.int().optional().meta({ description: "Once the version is loaded" }),
    load_ms: z.number().optional(),
    url: z.string(),
  })),
  version_labels: z.record(z.string(), z.int()).meta({
    description: "The version that each label points to; `stable` answers by default",
  }),
  labels: z.array(z.string()).meta({ description: "Class names in the order of the outputs" }),
  metrics: metricsSchema,
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
