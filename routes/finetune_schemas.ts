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

type TextReader = (text: string) => string | number | number[];

/** A hyperparameter as text: numbers with commas between them where it is a list, a number, a word. */
function fromText(schema: z.ZodType<unknown, ReturnType<TextReader>>) {
  const read: TextReader = schema.safeParse([]).success ? readNumbers : readNumber;
  return z.string().transform(read).pipe(schema).optional();
}

/** The text as it is where it is none, so that the message shows what was sent. */
function readNumber(text: string): string | number {
  const value = text.trim() === "" ? NaN : Number(text);
  return Number.isFinite(value) ? value : text;
}

function readNumbers(text: string): string | number[] {
  const values = text.split(",").map(readNumber);
  return values.every((value) => typeof value === "number") ? values : text;
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
