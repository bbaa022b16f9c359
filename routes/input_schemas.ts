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

function inputFields(input: z.ZodType) {
  return {
    inputs: input.optional(),
    instances: z.array(input, "must be a list").min(1, "must not be empty").optional(),
    signature_name: z.literal("serving_default", 'must be "serving_default"').optional().meta({
      description: "Clients of TensorFlow Serving send it; there is one signature only",
    }),
  };
}

function hasEither({ inputs, instances }: { inputs?: unknown; instances?: unknown }): boolean {
  return (inputs === undefined) !== (instances === undefined);
}

const EITHER_RULE = 'the body must have either "inputs" or "instances"';

/** A JSON body: one input as `inputs`, or several as `instances`. */
export function jsonBodySchema(input: z.ZodType) {
  return z.strictObject(inputFields(input), "must be an object").refine(hasEither, EITHER_RULE);
}

/** The most that a state string has: a network with 100,000 numbers in its state fits. */
const STATE_CHARACTERS_MAX = 600_000;

const stateSchema = z.string("must be text")
  .max(STATE_CHARACTERS_MAX, `must have at most ${STATE_CHARACTERS_MAX} characters`);

/** A JSON body of `:classify` and `:predict`, where the state of a sequence may come along and be asked for. */
export function jsonClassifySchema(input: z.ZodType) {
  return z.strictObject({
    ...inputFields(input),
    state: stateSchema.optional().meta({
      description: "What an earlier answer gave as `state`: the sequence goes on from there",
    }),
    states: z.array(stateSchema.nullable(), "must be a list").optional().meta({
      description: "The state of each of `instances`; null where one begins a sequence",
    }),
    return_state: z.boolean("must be true or false").optional().meta({
      description: "Whether the answer is to have the state after the last step",
    }),
  }, "must be an object").refine(hasEither, EITHER_RULE).refine(
    ({ inputs, state }) => state === undefined || inputs !== undefined,
    'the body must have "inputs" where it has "state": those of "instances" are "states"',
  ).refine(
    ({ instances, states }) => states === undefined || states.length === instances?.length,
    'the body must have one of "states" for each of "instances"',
  );
}

/** The JSON body for pictures, for the documentation. */
export const jsonImagesSchema = jsonBodySchema(jsonImageSchema).meta({ id: "JsonImages" });

const jsonVectorsSchema = jsonBodySchema(jsonVectorSchema).meta({ id: "JsonVectors" });

/** The JSON bodies of all kinds of model, for the documentation. */
export const jsonInputsSchema = z.union([
  jsonImagesSchema,
  jsonBodySchema(jsonTextSchema).meta({ id: "JsonTexts" }),
  jsonBodySchema(jsonSeriesSchema).meta({ id: "JsonSeriesList" }),
  jsonVectorsSchema,
]).meta({ id: "JsonInputs" });

/** The JSON bodies of `:classify`, for the documentation. */
export const jsonClassifyInputsSchema = z.union([
  jsonImagesSchema,
  jsonClassifySchema(jsonTextSchema).meta({ id: "JsonTextPieces" }),
  jsonClassifySchema(jsonSeriesSchema).meta({ id: "JsonSeriesPieces" }),
  jsonVectorsSchema,
]).meta({ id: "JsonClassifyInputs" });
