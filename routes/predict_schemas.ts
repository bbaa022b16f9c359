import { z } from "zod";
import { OUTPUT_NAMES } from "../models/inference_task.ts";
import { answerSchema, classifyQuerySchema, sealedStateSchema } from "./schemas.ts";

/** The wire names of `:predict`, which are those of TensorFlow Serving. Nothing else spells them. */

const FETCHES_RULE =
  `must be one or several of ${OUTPUT_NAMES.join(", ")}, each once, with commas ` +
  "between them";

const fetchesSchema = z.string(FETCHES_RULE).transform((text) => text.split(",")).pipe(
  z.array(z.enum(OUTPUT_NAMES, FETCHES_RULE), FETCHES_RULE)
    .refine((names) => new Set(names).size === names.length, FETCHES_RULE),
);

/** Query of `:predict`. */
export const predictQuerySchema = classifyQuerySchema
  .pick({ output_mode: true, return_state: true })
  .extend({
    fetches: fetchesSchema.default(["scores"]).meta({
      description:
        "Outputs of the network: the `scores` of all classes, the `logits` behind them, " +
        "the `features` that its last dense layer reads; several with commas between them",
      override({ jsonSchema }) {
        for (const key in jsonSchema) if (key !== "description") delete jsonSchema[key];
        Object.assign(jsonSchema, { type: "string", default: "scores" });
      },
    }),
  });

const vectorSchema = z.union([z.array(z.number()), z.array(z.array(z.number()))]).meta({
  id: "NetworkOutput",
  description: "One number for each class or feature; with output_mode=all a row for each step",
});

const outputsSchema = z.union([vectorSchema, z.partialRecord(z.enum(OUTPUT_NAMES), vectorSchema)])
  .meta({ description: "One output; several by their names, where `fetches` names several" });

/** Answer of `:predict`. */
export const networkOutputsSchema = z.union([
  answerSchema.extend({ outputs: outputsSchema, ...sealedStateSchema.partial().shape }),
  answerSchema.extend({
    predictions: z.array(outputsSchema),
    states: z.array(sealedStateSchema).optional().meta({
      description: "With `return_state`: one for each input",
    }),
  }),
]).meta({ id: "NetworkOutputs" });

export type NetworkOutput = z.infer<typeof outputsSchema>;
