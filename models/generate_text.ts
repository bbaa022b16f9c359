import { type RandomState, seedRandom } from "../lib/random.ts";
import { StopMatcher } from "../lib/stop_matcher.ts";
import type { GenerateAnswer, InferenceTask } from "./inference_task.ts";
import type { InferencePool, PoolResult } from "./pool/inference_pool.ts";
import { decodeTokens, type TextInput } from "./text_input.ts";

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
  pool: InferencePool;
  /** Its reason ends the generation before the next chunk. */
  signal: AbortSignal;
  /**
   * Tokens that one task draws: 2 to 5 ms. Other requests get their turn between tasks, and a
   * generation that nobody wants any more ends there.
   */
  tokensPerTask?: number;
}

/** Reading a token takes less than drawing one. */
const PROMPT_TOKENS_PER_TASK = 128;
const TOKENS_PER_TASK = 16;

/**
 * Generates text as a chain of short tasks. The threads keep nothing in between: state, last token
 * and random state travel with each task.
 *
 * @returns character by character; with stop strings, several at once where some were held back
 * @throws {ServiceError} `queue_full` before the first task; the signal's reason; an error of a task
 */
export async function* generateText(
  request: GenerationRequest,
  { pool, signal, tokensPerTask = TOKENS_PER_TASK }: GenerateTextOptions,
): AsyncGenerator<string, GenerationEnd> {
  const { prompt, tokensMax, seed, stops, input } = request;
  const matcher = new StopMatcher(stops);
  const timings = { queue: 0, predict: 0 };
  let answer: GenerateAnswer | undefined;
  const run = async (tokens: Int32Array<ArrayBuffer>, count: number) => {
    const random = answer?.random ?? seedRandom(seed);
    const task = makeTask(request, { tokens, count, random, state: answer?.state });
    // Only the first task asks for room: a text that was begun is not refused in the middle.
    const [pending] = pool.run([task], signal, { isAdmitted: answer !== undefined });
    const result = await pending;
    timings.queue += result?.queueMs ?? 0;
    timings.predict += result?.timings.predict ?? 0;
    answer = requireText(result);
    return answer.tokens;
  };
  let begin = 0;
  for (; prompt.length - begin > PROMPT_TOKENS_PER_TASK; begin += PROMPT_TOKENS_PER_TASK) {
    await run(prompt.slice(begin, begin + PROMPT_TOKENS_PER_TASK), 0);
  }
  let unread = prompt.slice(begin);
  let tokensDrawn = 0;
  while (tokensDrawn < tokensMax) {
    const drawn = await run(unread, Math.min(tokensPerTask, tokensMax - tokensDrawn));
    unread = drawn.slice(-1);
    for (const character of decodeTokens(drawn, input)) {
      tokensDrawn++;
      const text = matcher.push(character);
      if (text !== "") yield text;
      if (matcher.isStopped) return { finishReason: "stop", tokensDrawn, timings };
    }
  }
  const rest = matcher.flush();
  if (rest !== "") yield rest;
  return { finishReason: "length", tokensDrawn, timings };
}

interface Piece {
  tokens: Int32Array<ArrayBuffer>;
  count: number;
  random: RandomState;
  state: Float32Array<ArrayBuffer> | undefined;
}

function makeTask(
  { model, temperature, topK }: GenerationRequest,
  { tokens, count, random, state }: Piece,
): InferenceTask {
  return {
    model,
    input: { kind: "tokens", tokens, state },
    query: { verb: "generate", count, temperature, topK, random },
    pixelsMax: 0,
  };
}

function requireText(result: PoolResult | undefined): GenerateAnswer {
  const answer = result?.answer;
  if (answer?.verb === "generate") return answer;
  throw new TypeError(`The answer must be text: it has ${answer?.verb}`);
}
