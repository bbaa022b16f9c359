import { seedRandom } from "../lib/random.ts";
import { StopMatcher } from "../lib/stop_matcher.ts";
import type { TextContinuation, TokenLogprobs } from "./inference_task.ts";
import type { TextBatcher } from "./text_batcher.ts";
import type { TextInput } from "./text_input.ts";

/** What to write. */
export interface GenerationRequest {
  /** The id of a loaded model that generates. */
  model: string;
  /** Its vocabulary. */
  input: TextInput;
  /** What the text begins with, encoded; at least one token. */
  prompt: Int32Array<ArrayBuffer>;
  /** Most tokens to draw, >= 1. */
  tokensMax: number;
  /** See `SampleOptions`. */
  temperature: number;
  /** See `SampleOptions`. */
  topK: number;
  /** The same seed gives the same text. */
  seed: number;
  /** The text ends before the first of these. */
  stops: readonly string[];
  /** How many of the likeliest tokens are told for each that is drawn; `undefined`: nothing is. */
  logprobs?: number | undefined;
}

/** A part of the text as it is written. */
export interface GeneratedText {
  /** One character; with stop strings, several at once where some were held back. */
  text: string;
  /** One for each character, where they were asked for. */
  logprobs: CharacterLogprobs[];
}

/** How likely a character was, in natural logarithms. */
export interface CharacterLogprobs {
  /** The character. */
  token: string;
  /** Of the character. */
  logprob: number;
  /** The likeliest ones, best first. */
  top: { token: string; logprob: number }[];
}

/** How a generation ended. */
export interface GenerationEnd {
  /** `length`: there are `tokensMax` tokens; `stop`: a stop string came. */
  finishReason: "length" | "stop";
  /** Tokens that were drawn, those of the stop string included. */
  tokensDrawn: number;
  /** Milliseconds that its tasks waited and ran, together. */
  timings: { queue: number; predict: number };
}

/** Settings of {@linkcode generateText}. */
export interface GenerateTextOptions {
  /** Where the model runs. */
  batcher: TextBatcher;
  /** Its reason ends the generation before the next chunk. */
  signal: AbortSignal;
  /**
   * Tokens that one task draws, or reads of a prompt: some ms. Other requests get their turn between
   * tasks, and a generation that nobody wants any more ends there.
   */
  tokensPerTask?: number;
}

const TOKENS_PER_TASK = 32;

/**
 * Generates text as a chain of short tasks, which texts of several requests share. The threads keep
 * nothing in between: state, last token and random state travel with each task.
 *
 * @returns character by character
 * @throws {ServiceError} `queue_full` before the first task; the signal's reason; an error of a task
 */
export async function* generateText(
  request: GenerationRequest,
  { batcher, signal, tokensPerTask = TOKENS_PER_TASK }: GenerateTextOptions,
): AsyncGenerator<GeneratedText, GenerationEnd> {
  const { model, prompt, tokensMax, seed, stops, input, temperature, topK, logprobs } = request;
  const matcher = new StopMatcher(stops);
  const vocabulary = [...input.vocabulary];
  const timings = { queue: 0, predict: 0 };
  let last: TextContinuation | undefined;
  const run = async (tokens: Int32Array<ArrayBuffer>, count: number): Promise<TextContinuation> => {
    const { random = seedRandom(seed), state } = last ?? {};
    const piece = { tokens, state, count, temperature, topK, random, logprobs };
    // Only the first task asks for room: a text that was begun is not refused in the middle.
    const isAdmitted = last !== undefined;
    const { text, queueMs, predictMs } = await batcher.run(piece, { model, signal, isAdmitted });
    timings.queue += queueMs;
    timings.predict += predictMs;
    last = text;
    return text;
  };
  let begin = 0;
  for (; prompt.length - begin > tokensPerTask; begin += tokensPerTask) {
    await run(prompt.slice(begin, begin + tokensPerTask), 0);
  }
  let unread = prompt.slice(begin);
  let tokensDrawn = 0;
  // Those of characters that the matcher holds back wait with them.
  let held: CharacterLogprobs[] = [];
  while (tokensDrawn < tokensMax) {
    const drawn = await run(unread, Math.min(tokensPerTask, tokensMax - tokensDrawn));
    unread = drawn.tokens.slice(-1);
    for (const [place, token] of drawn.tokens.entries()) {
      tokensDrawn++;
      const character = vocabulary[token] ?? "";
      const likely = drawn.logprobs?.[place];
      if (likely) held.push(nameLogprobs(character, likely, vocabulary));
      const text = matcher.push(character);
      const { length } = [...text];
      if (text !== "") yield { text, logprobs: held.slice(0, length) };
      held = held.slice(length);
      if (matcher.isStopped) return { finishReason: "stop", tokensDrawn, timings };
    }
  }
  const text = matcher.flush();
  if (text !== "") yield { text, logprobs: held };
  return { finishReason: "length", tokensDrawn, timings };
}

function nameLogprobs(
  token: string,
  { logprob, top }: TokenLogprobs,
  vocabulary: readonly string[],
): CharacterLogprobs {
  const named = top.map(({ index, score }) => ({ token: vocabulary[index] ?? "", logprob: score }));
  return { token, logprob, top: named };
}
