import { z } from "zod";
import { ERROR_CODES } from "../lib/service_error.ts";

/** The wire names of `:generate`. Nothing else spells them. */

/** Most tokens that one request may ask for. */
const TOKENS_MAX = 4_096;
const STOPS_MAX = 4;
const STOP_CHARACTERS_MAX = 64;
const LOGPROBS_MAX = 20;
const SEED_MAX = 2 ** 32 - 1;

function wholeNumber(min: number, max: number) {
  const rule = `must be a whole number from ${min} to ${max}`;
  return z.number(rule).refine(
    (value) => Number.isInteger(value) && value >= min && value <= max,
    rule,
  ).meta({ type: "integer", minimum: min, maximum: max });
}

const stopRule = `must be text of 1 to ${STOP_CHARACTERS_MAX} characters`;
const stopSchema = z.string(stopRule).min(1, stopRule).max(STOP_CHARACTERS_MAX, stopRule);

/** Body of `:generate`. */
export const generateBodySchema = z.strictObject({
  prompt: z.string("must be text").meta({ description: "What the text goes on from" }),
  max_tokens: wholeNumber(1, TOKENS_MAX).default(128),
  temperature: z.number("must be a number from 0 to 2").min(0, "must be a number from 0 to 2")
    .max(2, "must be a number from 0 to 2").default(1)
    .meta({ description: "0: always the likeliest token" }),
  top_k: wholeNumber(0, 10_000).default(0).meta({ description: "0: any token may be drawn" }),
  seed: wholeNumber(0, SEED_MAX).optional().meta({
    description: "The same seed gives the same text; drawn and answered where it is left out",
  }),
  stop: z.union([
    stopSchema,
    z.array(stopSchema, `must be text or a list of at most ${STOPS_MAX}`)
      .max(STOPS_MAX, `must be text or a list of at most ${STOPS_MAX}`),
  ], `must be text of 1 to ${STOP_CHARACTERS_MAX} characters, or a list of at most ${STOPS_MAX}`)
    .default([]).meta({ description: "The text ends before the first of these" }),
  stream: z.boolean("must be true or false").default(false),
  logprobs: wholeNumber(0, LOGPROBS_MAX).optional().meta({
    description: "Tells for each character how likely it was, and so many of the likeliest ones",
  }),
}, "must be an object").meta({ id: "Generate" });

const generationEndFields = {
  finish_reason: z.enum(["length", "stop"]),
  usage: z.object({
    prompt_tokens: z.int(),
    completion_tokens: z.int(),
    total_tokens: z.int(),
  }),
  seed: z.int(),
  timing_ms: z.object({ queue: z.number(), predict: z.number(), total: z.number() }),
};

const logprobSchema = z.object({
  token: z.string(),
  logprob: z.number().meta({ description: "Natural logarithm of the probability" }),
});

/** Of one character, at temperature 1. */
const characterLogprobsSchema = logprobSchema.extend({ top_logprobs: z.array(logprobSchema) })
  .meta({ id: "CharacterLogprobs" });

/** The answer as a whole. */
export const generationSchema = z.object({
  model: z.string(),
  version: z.int(),
  text: z.string(),
  logprobs: z.array(characterLogprobsSchema).optional().meta({
    description: "With logprobs: one entry for each character of the text",
  }),
  ...generationEndFields,
}).meta({ id: "Generation" });

/** One event of a stream: a character, the end, or an error. */
export const generationEventSchema = z.union([
  z.object({ text: z.string(), logprobs: z.array(characterLogprobsSchema).optional() }),
  z.object({ model: z.string(), version: z.int(), ...generationEndFields }),
  z.object({ error: z.string(), code: z.enum(ERROR_CODES), request_id: z.string() }),
]).meta({ id: "GenerationEvent" });

export type GenerateBody = z.infer<typeof generateBodySchema>;
export type WireLogprobs = z.infer<typeof characterLogprobsSchema>;
export type Generation = z.infer<typeof generationSchema>;
