import { z } from "zod";
import { modelParameter } from "./openapi_parts.ts";
import { pageQueryFields } from "./page_query.ts";
import { answerSchema, classesSchema } from "./schemas.ts";

/** The wire names of sequences. Nothing else spells them. */

const sequenceFields = {
  id: z.string().meta({ example: "sequence-5f2b8c0d9e1a3b4c" }),
  steps_so_far: z.int().meta({ description: "Rows of a series, or characters" }),
  expires_at: z.iso.datetime().meta({ description: "When it is forgotten without another step" }),
};

/** Path parameters of the routes of one sequence. */
export const sequenceParameter = modelParameter.extend({
  sequence: z.string().regex(/^[\w-]+$/),
});

/** What is said of a sequence. */
export const sequenceSchema = z.object({
  model: z.string(),
  version: z.int(),
  created_at: z.iso.datetime(),
  ...sequenceFields,
  urls: z.object({ self: z.url(), step: z.url() }),
}).meta({ id: "Sequence" });

/** Query of a list of sequences. */
export const listSequencesQuerySchema = z.strictObject(pageQueryFields);

/** The sequences of a model. */
export const sequenceListSchema = z.object({
  data: z.array(sequenceSchema),
  has_more: z.boolean(),
}).meta({ id: "SequenceList" });

/** The answer to a piece. */
export const sequenceStepSchema = answerSchema.extend({ ...classesSchema.shape, ...sequenceFields })
  .meta({ id: "SequenceStep" });

export type SequenceBody = z.infer<typeof sequenceSchema>;
export type SequenceListBody = z.infer<typeof sequenceListSchema>;
