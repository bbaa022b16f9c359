import { z } from "zod";
import { ARCHIVE_ORIGINS } from "../models/archive/model_archive.ts";
import { MODEL_FORMATS } from "../models/formats/load_model.ts";
import { metricsSchema, modelSummaryFields } from "./model_schemas.ts";
import { versionLabel } from "./openapi_parts.ts";

/** The wire names of what is said about the versions of models. Nothing else spells them. */

const trainedOriginSchema = z.object({
  kind: z.literal("trained"),
  method: z.enum(["supervised", "all_layers"]),
  base: z.object({ model: z.string(), version: z.int(), backbone_sha256: z.string() }),
  dataset: z.object({
    name: z.string(),
    sha256: z.string(),
    samples: z.int(),
    classes: z.int(),
  }),
  hyperparameters: z.record(z.string(), z.unknown()),
  seed: z.int(),
  duration_ms: z.number(),
}).meta({ id: "TrainedOrigin" });

const importedOriginSchema = z.object({
  kind: z.literal("imported"),
  writer: z.enum(ARCHIVE_ORIGINS),
  format: z.enum(MODEL_FORMATS),
  sha256: z.string().meta({ description: "Of the file that was sent" }),
}).meta({ id: "ImportedOrigin" });

export const modelVersionSchema = z.object({
  ...modelSummaryFields,
  version: z.int(),
  version_labels: z.array(z.string()).meta({ description: "Those that point to the version" }),
  labels: z.array(z.string()).meta({ description: "Class names in the order of the outputs" }),
  metrics: metricsSchema,
  created_at: z.iso.datetime().optional(),
  job_id: z.string().optional().meta({ description: "The job that made it" }),
  unknown: z.object({
    threshold: z.number(),
    temperature: z.number(),
    metrics: metricsSchema,
  }).optional().meta({ description: "How it tells what belongs to none of its classes" }),
  warnings: z.array(z.object({
    code: z.string(),
    message: z.string(),
    details: z.record(z.string(), z.unknown()).optional(),
  })).optional(),
  origin: z.discriminatedUnion("kind", [trainedOriginSchema, importedOriginSchema]).optional()
    .meta({ description: "Absent where the model comes with the service" }),
}).meta({ id: "ModelVersion" });

export const versionListSchema = z.object({
  model: z.string(),
  versions: z.array(modelVersionSchema),
}).meta({ id: "ModelVersionList" });

const COMPARED_MAX = 10;
const COMPARED_RULE = `must be 2 to ${COMPARED_MAX} numbers of versions, such as 1,2`;

/** Query of `/compare`. */
export const compareQuerySchema = z.strictObject({
  versions: z.string(COMPARED_RULE).regex(/^\d{1,9}(,\d{1,9})+$/, COMPARED_RULE)
    .transform((text) => text.split(",").map(Number))
    .refine((versions) => versions.length <= COMPARED_MAX, COMPARED_RULE)
    .meta({
      override({ jsonSchema }) {
        Object.assign(jsonSchema, { type: "string", example: "1,2" });
      },
    }),
});

const side = z.array(z.unknown()).meta({ description: "In the order of `versions`" });

export const versionComparisonSchema = z.object({
  model: z.string(),
  versions: z.array(z.int()),
  metrics: z.record(z.string(), z.array(z.number().nullable())).meta({
    description: "Side by side in the order of `versions`; null where a version has none",
  }),
  differences: z.record(z.string(), side).meta({
    description: "What else tells the versions apart, by its place in the card",
  }),
}).meta({ id: "VersionComparison" });

export const labelListSchema = z.object({
  model: z.string(),
  labels: z.record(z.string(), z.int()).meta({ description: "The version of each label" }),
}).meta({ id: "LabelList" });

export const labelBodySchema = z.strictObject({
  version: z.int("must be the number of a version").min(1, "must be the number of a version"),
});

export const labelSchema = z.object({
  model: z.string(),
  label: versionLabel,
  version: z.int(),
}).meta({ id: "VersionLabel" });

export type ModelVersion = z.infer<typeof modelVersionSchema>;
export type VersionList = z.infer<typeof versionListSchema>;
export type VersionComparison = z.infer<typeof versionComparisonSchema>;
export type LabelList = z.infer<typeof labelListSchema>;
export type VersionLabel = z.infer<typeof labelSchema>;
