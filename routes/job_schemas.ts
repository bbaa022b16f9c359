import { z } from "zod";
import type { TrainingOptions } from "../models/training/training_options.ts";
import { OPTIMIZERS } from "../models/training/fit_options.ts";
import { MODEL_NAME } from "./model_target.ts";
import { pageQueryFields } from "./page_query.ts";

/** The wire names of training jobs, which are OpenAI's as far as it has them. */

const AUTO = z.literal("auto").transform(() => undefined);

/** OpenAI's clients say `auto` where they mean the default. */
function orAuto<Schema extends z.ZodType>(schema: Schema) {
  return z.union([AUTO, schema]).optional();
}

/** A number; its range is checked with all others, where the message can name the rule. */
const number = z.number("must be a number");

export const hyperparametersSchema = z.strictObject({
  optimizer: z.enum(OPTIMIZERS, `must be one of ${OPTIMIZERS.join(", ")}`).optional(),
  n_epochs: orAuto(number).meta({ description: "The same as epochs" }),
  epochs: orAuto(number),
  batch_size: orAuto(number),
  learning_rate: orAuto(number),
  hidden: z.array(number, "must be a list of numbers").optional(),
  dropout: number.optional(),
  momentum: number.optional(),
  l2: number.optional(),
  class_weight: z.enum(["none", "balanced"], "must be none or balanced").optional(),
  validation_split: number.optional(),
  patience: number.optional(),
  augment: number.optional().meta({ description: "Views of each picture beside the plain one" }),
  negative: z.string("must be a text").optional().meta({
    description: "The class of samples that belong to none of the others",
  }),
}).meta({ id: "Hyperparameters" });

const resultName = z.string("must be a text")
  .regex(new RegExp(`^${MODEL_NAME}$`), `must be ${MODEL_NAME}`);

/** Body of `POST /v1/fine_tuning/jobs`. */
export const newJobSchema = z.strictObject({
  model: z.string("must be a text").meta({
    description: "Name of the model whose backbone is used; none for vectors",
  }),
  training_file: z.string("must be a text").meta({ description: "Name or id of a dataset" }),
  name: resultName.optional().meta({ description: "The model that gets a version" }),
  suffix: z.string("must be a text").max(64).optional().meta({
    description: "Instead of name: the end of <model>-<suffix>",
  }),
  seed: number.optional(),
  publish: z.boolean("must be true or false").optional().meta({
    description: "Whether the label stable moves to the version; true by default",
  }),
  method: z.strictObject({
    type: z.literal("supervised", 'must be "supervised"'),
    supervised: z.strictObject({ hyperparameters: hyperparametersSchema.optional() }).optional(),
  }).optional(),
  hyperparameters: hyperparametersSchema.optional(),
}).meta({ id: "NewJob" });

/** What a client may say about a training, by the names of the code. */
export function toTrainingOptions(
  { n_epochs, ...wire }: z.infer<typeof hyperparametersSchema>,
): Partial<TrainingOptions> {
  const named = { ...wire, epochs: wire.epochs ?? n_epochs };
  return Object.fromEntries(
    Object.entries(named).filter(([, value]) => value !== undefined).map(([name, value]) => [
      name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase()),
      value,
    ]),
  );
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
  method: z.object({
    type: z.literal("supervised"),
    supervised: z.object({ hyperparameters: z.record(z.string(), z.unknown()) }),
  }),
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
