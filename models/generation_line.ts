import * as tf from "@tensorflow/tfjs-core";
import { nextFraction } from "../lib/random.ts";
import { sampleLogits } from "../lib/sample_logits.ts";
import type { TextGenerator } from "./formats/tfjs_generator.ts";
import { requireFinite } from "./inference_line.ts";
import type { GenerateAnswer, GenerateQuery, StageTimings } from "./inference_task.ts";
import type { Tensor2D } from "./tensors.ts";

/** A piece of text to read, and where the reader stands. */
export interface TextPiece {
  /** At least one. */
  tokens: Int32Array;
  /** The hidden state so far, or `undefined` at the start of a text. */
  state: Float32Array | undefined;
}

/**
 * One chunk of a generation: state and tokens -> read them -> draw the next token, read it, and so on
 * -> tokens and state. All that the next chunk needs is in the answer, so any thread can go on, and
 * the text does not depend on how it is cut into chunks.
 *
 * @throws {ServiceError} `non_finite_output` if the network does not give finite numbers
 */
export function runGenerationLine(
  generator: TextGenerator,
  { tokens, state: start }: TextPiece,
  { count, temperature, topK, random: before }: GenerateQuery,
): { answer: GenerateAnswer; timings: StageTimings } {
  const started = performance.now();
  const random = before.slice();
  const drawn = new Int32Array(count);
  let state = makeState(generator, start); // [1, stateLength]
  const read = (token: number) => {
    const next = generator.step(state, token);
    state.dispose();
    state = next;
  };
  try {
    for (const token of tokens) read(token);
    for (let place = 0; place < count; place++) {
      // The last token that is drawn is read by the next chunk.
      if (place > 0) read(drawn[place - 1] ?? 0);
      const logits = requireFinite(readLogits(generator, state));
      const fraction = temperature === 0 ? 0 : nextFraction(random);
      drawn[place] = sampleLogits(logits, { temperature, topK }, fraction);
    }
    const values = state.dataSync() as Float32Array<ArrayBuffer>;
    const answer: GenerateAnswer = { verb: "generate", tokens: drawn, state: values, random };
    return { answer, timings: { predict: performance.now() - started } };
  } finally {
    state.dispose();
  }
}

function makeState(generator: TextGenerator, start: Float32Array | undefined): Tensor2D {
  const shape: [number, number] = [1, generator.stateLength];
  return start ? tf.tensor2d(start, shape) : tf.zeros(shape);
}

function readLogits(generator: TextGenerator, state: Tensor2D): Float32Array<ArrayBuffer> {
  const logits = generator.readLogits(state); // [1, tokenCount]
  try {
    return logits.dataSync() as Float32Array<ArrayBuffer>;
  } finally {
    logits.dispose();
  }
}
