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

/** Query of a piece of a sequence. */
export const pieceQuerySchema = z.strictObject({
  /** Most predictions to return, best first. */
  top_k: queryNumber("a whole number", { min: 1, max: TOP_K_MAX, isWhole: true, fallback: 5 }),
  /** Predictions with a lower score are left out. */
  threshold: queryNumber("a number", { min: 0, max: 1, isWhole: false, fallback: 0 }),
  output_mode: z.enum(["last", "all"], "must be last or all").default("last").meta({
    description: "Of text and series: predictions after the last step, or after every step too",
  }),
});

/** Query of `:classify`. */
export const classifyQuerySchema = pieceQuerySchema.extend({
  return_state: z.enum(["true", "false"], "must be true or false").default("false")
    .transform((text) => text === "true").meta({
      description:
        "Of text and series: whether the answer is to have the state after the last step",
      override({ jsonSchema }) {
        delete jsonSchema.enum;
        Object.assign(jsonSchema, { type: "boolean", default: false });
      },
    }),
});

/** Query of `:embed`: it has no parameters. */
export const embedQuerySchema = z.strictObject({});

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

export const inputErrorSchema = z.object({
  name: z.string().optional(),
  error: z.string(),
  code: z.enum(ERROR_CODES),
}).meta({ id: "InputError" });

export const answerSchema = z.object({
  model: z.string(),
  version: z.int(),
  timing_ms: timingSchema,
});

export const classesSchema = z.object({
  predictions: z.array(predictionSchema),
  steps: z.array(z.object({ predictions: z.array(predictionSchema) })).optional().meta({
    description: "With output_mode=all: one entry for each step of a series or character of a text",
  }),
  unknown: z.boolean().optional().meta({
    description: "Whether the input belongs to none of the classes, where the model can tell",
  }),
  unknown_score: z.number().optional().meta({
    description: "0 in the middle of a class, about 1 for what has nothing to do with any",
  }),
});

/** Where a sequence stands, in the answer that asked for it. */
export const sealedStateSchema = z.object({
  state: z.string().meta({
    description: "With `return_state`: where the sequence stands, for the next call to go on from",
  }),
  steps_so_far: z.int().meta({
    description: "With `return_state`: rows or characters of the sequence, those before included",
  }),
});

const statefulClassesSchema = classesSchema.extend(sealedStateSchema.partial().shape);

export const classificationSchema = z.union([
  answerSchema.extend(statefulClassesSchema.shape),
  answerSchema.extend({
    results: z.array(z.union([
      z.object({ name: z.string().optional(), ...statefulClassesSchema.shape }),
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

export type Classes = z.infer<typeof classesSchema>;
export type StatefulClasses = z.infer<typeof statefulClassesSchema>;
export type SealedState = z.infer<typeof sealedStateSchema>;
export type Classification = z.infer<typeof classificationSchema>;
export type Embedding = z.infer<typeof embeddingSchema>;
