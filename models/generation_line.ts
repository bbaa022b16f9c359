import { nextFraction } from "../lib/random.ts";
import { sampleLogits } from "../lib/sample_logits.ts";
import { topK } from "../lib/top_k.ts";
import { requireFinite } from "./scores.ts";
import type {
  GenerateAnswer,
  StageTimings,
  TextContinuation,
  TextPiece,
  TokenLogprobs,
} from "./inference_task.ts";
import type { StepRunner } from "./kernels/step_runner.ts";

/** A text while it is written. */
interface Writer extends Required<Omit<TextContinuation, "logprobs">> {
  piece: TextPiece;
  /** How many of its tokens have been read: those of the piece, then those that were drawn. */
  read: number;
  /** How many have been drawn. */
  drawn: number;
  logprobs: TokenLogprobs[];
}

/**
 * One chunk of some generations, side by side: state and tokens of each -> read them -> draw the next
 * token, read it, and so on -> tokens and state. All that the next chunk of a text needs is in the
 * answer, so any thread can go on, and a text depends neither on how it is cut into chunks nor on
 * those beside it.
 *
 * @param texts at least one, and at most as many as the runner steps at a time
 * @throws {ServiceError} `non_finite_output` if the network does not give finite numbers
 */
export function runGenerationLine(
  runner: StepRunner,
  texts: readonly TextPiece[],
): { answer: GenerateAnswer; timings: StageTimings } {
  const started = performance.now();
  const writers = texts.map((piece): Writer => ({
    piece,
    tokens: new Int32Array(piece.count),
    state: piece.state?.slice() ?? new Float32Array(runner.stateRows * runner.units),
    random: piece.random.slice(),
    read: 0,
    drawn: 0,
    logprobs: [],
  }));
  let active = writers.filter(hasMore);
  while (active.length > 0) {
    const logits = readNext(runner, active);
    active.forEach((writer, row) => {
      const { piece, read } = writer;
      if (read < piece.tokens.length || piece.count === 0) return;
      draw(writer, logits.subarray(row * runner.classCount, (row + 1) * runner.classCount));
    });
    active = active.filter(hasMore);
  }
  const answer: GenerateAnswer = {
    verb: "generate",
    texts: writers.map(({ piece, tokens, state, random, logprobs }) => ({
      tokens,
      state,
      random,
      ...(piece.logprobs !== undefined && { logprobs }),
    })),
  };
  return { answer, timings: { predict: performance.now() - started } };
}

/** The last token that is drawn is read by the next chunk. */
function hasMore({ piece: { tokens, count }, read, drawn }: Writer): boolean {
  return read < tokens.length || drawn < count;
}

/** Reads one token of each text, and gives the logits of what comes after, one row for each. */
function readNext(runner: StepRunner, writers: Writer[]): Float32Array<ArrayBuffer> {
  const { units, stateRows } = runner;
  const { length } = writers;
  const state = new Float32Array(stateRows * length * units); // [stateRows, n, units]
  const eachRow = (move: (writer: Writer, row: number, place: number) => void) =>
    writers.forEach((writer, index) => {
      for (let row = 0; row < stateRows; row++) {
        move(writer, row * units, (row * length + index) * units);
      }
    });
  eachRow((writer, row, place) => state.set(writer.state.subarray(row, row + units), place));
  const tokens = writers.map(({ piece, tokens: drawn, read }) =>
    piece.tokens[read] ?? drawn[read - piece.tokens.length] ?? 0
  );
  const logits = requireFinite(runner.step(tokens, state));
  eachRow((writer, row, place) => writer.state.set(state.subarray(place, place + units), row));
  for (const writer of writers) writer.read++;
  return logits;
}

function draw(writer: Writer, logits: Float32Array<ArrayBuffer>): void {
  const { piece, random } = writer;
  const { temperature, logprobs } = piece;
  const fraction = temperature === 0 ? 0 : nextFraction(random);
  const token = sampleLogits(logits, { temperature, topK: piece.topK }, fraction);
  writer.tokens[writer.drawn++] = token;
  if (logprobs !== undefined) writer.logprobs.push(describe(logits, { token, count: logprobs }));
}

function describe(
  logits: Float32Array,
  { token, count }: { token: number; count: number },
): TokenLogprobs {
  const highest = logits.reduce((most, logit) => Math.max(most, logit), -Infinity);
  const sum = logits.reduce((total, logit) => total + Math.exp(logit - highest), 0);
  const logarithm = highest + Math.log(sum);
  const top = count === 0 ? [] : topK(logits, { k: count });
  return {
    logprob: (logits[token] ?? NaN) - logarithm,
    top: top.map(({ index, score }) => ({ index, score: score - logarithm })),
  };
}
