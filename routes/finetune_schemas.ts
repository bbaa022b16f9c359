import { z } from "zod";
import { importReportSchema } from "./dataset_schemas.ts";
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
  augment: wholeNumber("must be a whole number").meta({
    description: "Views of each picture beside the plain one",
  }),
});

export const finetuningSchema = z.object({
  dataset: z.object({ name: z.string(), urls: z.record(z.string(), z.string()) }),
  samples: importReportSchema,
  job: jobSchema,
}).meta({ id: "FineTuning" });
