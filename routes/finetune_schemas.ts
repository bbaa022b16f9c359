import { z } from "zod";
import { importReportSchema } from "./dataset_schemas.ts";
import { hyperparametersSchema } from "./hyperparameter_schemas.ts";
import { jobSchema } from "./job_schemas.ts";
import { MODEL_NAME } from "./model_target.ts";

/** The wire names of `:finetune`. */

const WAIT_SECONDS_MAX = 300;

/** A whole number in the query; its range is checked with all other options. */
function wholeNumber(rule: string) {
  return z.string(rule).regex(/^\d{1,10}$/, rule).transform(Number).optional().meta({
    override({ jsonSchema }) {
      delete jsonSchema.pattern;
      jsonSchema.type = "integer";
    },
  });
}

type Hyperparameters = typeof hyperparametersSchema.shape;

/** A hyperparameter as text: a number, numbers with commas between them, or a word. */
function fromText(schema: z.ZodType<unknown, ReturnType<typeof readValue>>) {
  return z.string().transform(readValue).pipe(schema).optional();
}

function readValue(text: string): string | number | number[] {
  const numbers = text.split(",").map((part) => part.trim() === "" ? NaN : Number(part));
  if (!numbers.every(Number.isFinite)) return text;
  const [first = NaN, second] = numbers;
  return second === undefined ? first : numbers;
}

const hyperparametersQuery = Object.fromEntries(
  Object.entries(hyperparametersSchema.shape).map((
    [name, schema],
  ) => [name, fromText(schema as Parameters<typeof fromText>[0])]),
) as unknown as {
  [Name in keyof Hyperparameters]: z.ZodOptional<z.ZodType<z.output<Hyperparameters[Name]>>>;
};

const WAIT_RULE = `must be a whole number of seconds from 0 to ${WAIT_SECONDS_MAX}`;
const NAME_RULE = `must be ${MODEL_NAME}`;

/** Query of `:finetune`. */
export const finetuneQuerySchema = z.strictObject({
  name: z.string(NAME_RULE).regex(new RegExp(`^${MODEL_NAME}$`), NAME_RULE).meta({
    description: "The model that is made, and the dataset that the samples go into",
    example: "pets",
  }),
  wait: wholeNumber(WAIT_RULE)
    .refine((value) => value === undefined || value <= WAIT_SECONDS_MAX, WAIT_RULE)
    .meta({ description: "Seconds to wait for the model; 0 by default" }),
  seed: wholeNumber("must be a whole number"),
  publish: z.enum(["true", "false"], "must be true or false")
    .transform((text) => text === "true").optional()
    .meta({ description: "Whether the label stable moves to the version; true by default" }),
  ...hyperparametersQuery,
});

export const finetuningSchema = z.object({
  dataset: z.object({ name: z.string(), urls: z.record(z.string(), z.string()) }),
  samples: importReportSchema,
  job: jobSchema,
}).meta({ id: "FineTuning" });
