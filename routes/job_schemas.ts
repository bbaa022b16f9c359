import { z } from "zod";
import { toCamelKeys } from "../lib/rename_keys.ts";
import type { TrainingRequest } from "../models/training/training_method.ts";
import { allLayersHyperparametersSchema, hyperparametersSchema } from "./hyperparameter_schemas.ts";
import { MODEL_NAME } from "./model_target.ts";
import { pageQueryFields } from "./page_query.ts";

/** The wire names of training jobs, which are OpenAI's as far as it has them. */

/** A number; its range is checked with all others, where the message can name the rule. */
const number = z.number("must be a number");

/** Longer than any name or id; what nobody can have is not sent back. */
const name = z.string("must be a text").max(255, "must have at most 255 characters");

const resultName = z.string("must be a text")
  .regex(new RegExp(`^${MODEL_NAME}$`), `must be ${MODEL_NAME}`);

/** Body of `POST /v1/fine_tuning/jobs`. */
export const newJobSchema = z.strictObject({
  model: name.meta({
    description: "Name of the model whose backbone is used or whose layers are trained; none for " +
      "vectors, and to train a network from scratch",
  }),
  training_file: name.meta({ description: "Name or id of a dataset" }),
  name: resultName.optional().meta({ description: "The model that gets a version" }),
  suffix: z.string("must be a text").max(64, "must have at most 64 characters").optional().meta({
    description: "Instead of name: the end of <model>-<suffix>",
  }),
  seed: number.optional(),
  publish: z.boolean("must be true or false").optional().meta({
    description: "Whether the label stable moves to the version; true by default",
  }),
  method: z.discriminatedUnion("type", [
    z.strictObject({
      type: z.literal("supervised"),
      supervised: z.strictObject({ hyperparameters: hyperparametersSchema.optional() }).optional(),
    }),
    z.strictObject({
      type: z.literal("all_layers"),
      all_layers: z.strictObject({ hyperparameters: allLayersHyperparametersSchema.optional() })
        .optional(),
    }),
  ], 'must have the type "supervised" or "all_layers"').optional().meta({
    description:
      "supervised, the default, trains the last layer; all_layers a recurrent or dense " +
      "network as a whole",
  }),
  hyperparameters: hyperparametersSchema.optional().meta({ description: "Of supervised" }),
}).meta({ id: "NewJob" });

/** What a client may say about a training, by the names of the code. */
export function toTrainingOptions<Method extends TrainingRequest["method"]>(
  { n_epochs, ...wire }:
    | z.infer<typeof hyperparametersSchema>
    | z.infer<typeof allLayersHyperparametersSchema>,
): Partial<Extract<TrainingRequest, { method?: Method }>> {
  const epochs = wire.epochs ?? n_epochs;
  return toCamelKeys({ ...wire, epochs }) as Partial<
    Extract<TrainingRequest, { method?: Method }>
  >;
}

const seconds = z.int().meta({ description: "Seconds since 1970" });
const STATUSES = [
  "validating_files",
  "queued",
  "running",
  "succeeded",
  "failed",
  "cancelled",
] as const;

const usedSchema = z.object({ hyperparameters: z.record(z.string(), z.unknown()) });

export const jobSchema = z.object({
  object: z.literal("fine_tuning.job"),
  id: z.string(),
  model: z.string(),
  training_file: z.string().meta({ description: "Name of the dataset" }),
  dataset_sha256: z.string().meta({ description: "Content hash of the dataset, as it is frozen" }),
  status: z.enum(STATUSES),
  fine_tuned_model: z.string().nullable().meta({ description: "Once there is a version of it" }),
  name: z.string().meta({ description: "The model that gets a version" }),
  version: z.int().nullable(),
  created_at: seconds,
  started_at: seconds.nullable(),
  finished_at: seconds.nullable(),
  estimated_finish: seconds.nullable(),
  progress: z.object({
    stage: z.string(),
    done: z.int(),
    total: z.int(),
    remaining_ms: z.number().nullable(),
  }).nullable(),
  error: z.object({
    code: z.string(),
    message: z.string(),
    param: z.string().nullable(),
  }).nullable(),
  seed: z.int(),
  method: z.discriminatedUnion("type", [
    z.object({ type: z.literal("supervised"), supervised: usedSchema }),
    z.object({ type: z.literal("all_layers"), all_layers: usedSchema }),
  ]),
  hyperparameters: z.record(z.string(), z.unknown()),
  attempts: z.int(),
  validation_file: z.null(),
  result_files: z.array(z.string()),
  trained_tokens: z.null(),
  urls: z.record(z.string(), z.string()).meta({ description: "What to call next" }),
}).meta({ id: "Job" });

export const jobEventSchema = z.object({
  object: z.literal("fine_tuning.job.event"),
  id: z.string(),
  created_at: seconds,
  level: z.enum(["info", "warn", "error"]),
  message: z.string(),
  type: z.enum(["message", "metrics"]),
  data: z.record(z.string(), z.unknown()).nullable(),
}).meta({ id: "JobEvent" });

export const checkpointSchema = z.object({
  object: z.literal("fine_tuning.job.checkpoint"),
  id: z.string(),
  fine_tuning_job_id: z.string(),
  created_at: seconds,
  step_number: z.int(),
  metrics: z.record(z.string(), z.unknown()),
}).meta({ id: "Checkpoint" });

/** A list in OpenAI's form. */
export function listOf<Item extends z.ZodType>(item: Item) {
  return z.object({ object: z.literal("list"), data: z.array(item), has_more: z.boolean() });
}

/** Query of the lists of jobs, events and checkpoints; `after` is an id. */
export const listQuerySchema = z.strictObject(pageQueryFields);

export type JobBody = z.infer<typeof jobSchema>;
export type JobEventBody = z.infer<typeof jobEventSchema>;
export type CheckpointBody = z.infer<typeof checkpointSchema>;
