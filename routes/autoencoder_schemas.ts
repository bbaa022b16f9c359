import { z } from "zod";
import { answerSchema, inputErrorSchema } from "./schemas.ts";

/** The wire names of what autoencoders are asked and answer. Nothing else spells them. */

/** Query of `:encode`. */
export const encodeQuerySchema = z.strictObject({
  /** `uint8` rounds each number to one byte. */
  dtype: z.enum(["float32", "uint8"], "must be float32 or uint8").default("float32"),
});

/** Query of `:reconstruct`: it has no parameters. */
export const reconstructQuerySchema = z.strictObject({});

const codeSchema = z.array(z.number("must be a number"), "must be a list of numbers");

/** JSON body of `:decode`. */
export const decodeBodySchema = z.strictObject({
  inputs: codeSchema.meta({ description: "The numbers of one code" }),
  dtype: z.enum(["float32", "uint8"], "must be float32 or uint8").default("float32"),
}, "must be an object").meta({ id: "Code" });

const namedSchema = z.object({ name: z.string().optional() });

export const encodingSchema = z.union([
  answerSchema.extend({ code: z.array(z.number()) }),
  answerSchema.extend({
    results: z.array(
      z.union([namedSchema.extend({ code: z.array(z.number()) }), inputErrorSchema]),
    ),
  }),
]).meta({ id: "Encoding" });

const reconstructionFields = {
  squared_error: z.number().meta({ description: "Mean over the values of the picture in [0, 1]" }),
  anomaly_score: z.number().meta({
    description: "The share of usual pictures with a smaller error, in [0, 1]",
  }),
};

export const reconstructionSchema = z.union([
  answerSchema.extend(reconstructionFields),
  answerSchema.extend({
    results: z.array(z.union([namedSchema.extend(reconstructionFields), inputErrorSchema])),
  }),
]).meta({ id: "Reconstruction" });
