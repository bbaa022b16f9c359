import { z } from "zod";

/** The wire names of what clients send to models. Nothing else spells them. */

/** An encoded picture in JSON: base64, plain, as a data URL, or in TensorFlow Serving's form. */
export const jsonImageSchema = z.union(
  [z.string(), z.strictObject({ b64: z.string() })],
  'must be base64 text or {"b64": base64 text}',
).meta({ id: "JsonImage" });

/** Text in JSON. */
export const jsonTextSchema = z.string("must be text");

/** A series in JSON. Its rows are checked later, where a fault can be named by its place. */
export const jsonSeriesSchema = z.array(z.unknown(), "must be a list of rows").meta({
  id: "JsonSeries",
  description: "One row for each step, one finite number for each channel",
  override({ jsonSchema }) {
    jsonSchema.items = { type: "array", items: { type: "number" } };
  },
});

/** A vector in JSON. Its numbers are checked later, where a fault can be named by its place. */
export const jsonVectorSchema = z.array(z.unknown(), "must be a list of numbers").meta({
  id: "JsonVector",
  description: "As many finite numbers as the model takes",
  override({ jsonSchema }) {
    jsonSchema.items = { type: "number" };
  },
});

/** A JSON body: one input as `inputs`, or several as `instances`. */
export function jsonBodySchema(input: z.ZodType) {
  return z.strictObject({
    inputs: input.optional(),
    instances: z.array(input, "must be a list").min(1, "must not be empty").optional(),
  }, "must be an object").refine(
    ({ inputs, instances }) => (inputs === undefined) !== (instances === undefined),
    'the body must have either "inputs" or "instances"',
  );
}

/** The JSON body for pictures, for the documentation. */
export const jsonImagesSchema = jsonBodySchema(jsonImageSchema).meta({ id: "JsonImages" });

/** The JSON bodies of all kinds of model, for the documentation. */
export const jsonInputsSchema = z.union([
  jsonImagesSchema,
  jsonBodySchema(jsonTextSchema).meta({ id: "JsonTexts" }),
  jsonBodySchema(jsonSeriesSchema).meta({ id: "JsonSeriesList" }),
  jsonBodySchema(jsonVectorSchema).meta({ id: "JsonVectors" }),
]).meta({ id: "JsonInputs" });
