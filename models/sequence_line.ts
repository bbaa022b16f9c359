import { ServiceError } from "../lib/service_error.ts";
import { type ScoredIndex, topK } from "../lib/top_k.ts";
import { PIECE_STEPS_MAX, type SequenceModel } from "./formats/sequence_model.ts";
import { type ClassDirections, scoreUnknown } from "./heads/score_unknown.ts";
import { requireFinite, toScores } from "./inference_line.ts";
import type {
  ClassifyAnswer,
  ClassifyQuery,
  InferenceAnswer,
  InferenceQuery,
  InputValue,
  StageTimings,
} from "./inference_task.ts";
import type { ModelInput } from "./model_description.ts";
import { seriesToTensor, tokensToTensor, vectorToTensor } from "./sequence_tensors.ts";
import type { Tensor, Tensor2D } from "./tensors.ts";
import { encodeCharacters, encodeMark } from "./text_input.ts";

/** What the line runs on. */
export interface SequenceStation {
  /** Owned by whoever made this. */
  model: SequenceModel;
  /** How a client's input becomes steps. */
  input: ModelInput;
  /** What tells inputs that belong to none of the model's classes, where it has that. */
  classes?: ClassDirections | undefined;
}

/** A text or series, and what is asked. */
export interface SequenceRequest {
  /** With the state before it, where it is a piece. */
  input: InputValue;
  /** `classify` or `embed`. */
  query: ClassifyQuery | Extract<InferenceQuery, { verb: "embed" }>;
}

/** The steps of a sequence as the network reads them. */
interface Steps {
  /** How many. */
  count: number;
  /** The input of some of them, `[1, steps]` or `[1, steps, channels]`, owned by the caller. */
  slice(begin: number, end: number): Tensor;
  /** Steps at the start that stand for no step of the client's. */
  marks: number;
  /** Read after the last step for the answer, and no part of the state; or nothing. */
  end: Int32Array<ArrayBuffer>;
}

/** The predictions of more steps would make an answer of many MB. */
const STEPS_ANSWERED_MAX = 10_000;

/**
 * The inference line of recurrent models: text or series -> steps -> the network, from the state
 * before them -> scores after the last step, or after every one, and the state for the next piece.
 * Cut into pieces of any size, a sequence gets the same answers.
 *
 * @throws {ServiceError} `invalid_value` if the input or its state is not acceptable, or if the
 *   predictions of more than 10,000 steps are asked for; `non_finite_output`
 * @throws {TypeError} if the input is of another kind than the model takes
 */
export function runSequenceLine(
  { model, input, classes }: SequenceStation,
  { input: sent, query }: SequenceRequest,
): { answer: InferenceAnswer; timings: StageTimings } {
  const started = performance.now();
  const isPiece = query.verb === "classify" && query.returnState === true;
  const steps = readSteps(sent, { input, isPiece });
  const isEvery = query.verb === "classify" && query.outputMode === "all";
  if (isEvery && steps.count > STEPS_ANSWERED_MAX) {
    throw new ServiceError(
      "invalid_value",
      `Cannot answer every step as there must be at most ${STEPS_ANSWERED_MAX}: ` +
        `found ${steps.count}; send the sequence in pieces`,
    );
  }
  const state = readState(sent, model.stateLength);
  const begun = performance.now();
  const predict = (logits: Float32Array<ArrayBuffer>): ScoredIndex[] => {
    const { topK: k, threshold } = query as ClassifyQuery;
    return topK(toScores(requireFinite(logits), model.outputActivation), { k, threshold });
  };
  const found = runPieces(model, steps, { state, onLogits: isEvery ? predict : undefined });
  const features = requireFinite(found.features);
  const answer: InferenceAnswer = query.verb === "embed"
    ? { verb: "embed", embedding: features }
    : describe({ ...found, predictions: predict(found.logits) }, query);
  if (answer.verb === "classify" && classes) answer.unknown = scoreUnknown(classes, features);
  const timings = { preprocess: begun - started, predict: performance.now() - begun };
  return { answer, timings };
}

function describe(
  { predictions, steps, state }: Pick<ClassifyAnswer, "predictions"> & Found,
  { outputMode, returnState }: ClassifyQuery,
): ClassifyAnswer {
  return {
    verb: "classify",
    predictions,
    ...(outputMode === "all" && { steps }),
    ...(returnState && { state: requireFinite(state) }),
  };
}

/** A piece may be followed by another one. */
function readSteps(
  sent: InputValue,
  { input, isPiece }: { input: ModelInput; isPiece: boolean },
): Steps {
  if (sent.kind === "text" && input.kind === "text") {
    const start = sent.state ? new Int32Array() : encodeMark(input.start, input);
    const ends = { isStart: sent.state === undefined, isEnd: !isPiece };
    const tokens = Int32Array.from([...start, ...encodeCharacters(sent.text, input, ends)]);
    return {
      count: tokens.length,
      slice: (begin, end) => tokensToTensor(tokens.subarray(begin, end)),
      marks: start.length,
      end: encodeMark(input.end, input),
    };
  }
  if (sent.kind === "series" && input.kind === "series") {
    const { values } = sent;
    const { channels } = input;
    return {
      count: values.length / channels,
      slice: (begin, end) =>
        seriesToTensor(values.subarray(begin * channels, end * channels), input),
      marks: 0,
      end: new Int32Array(),
    };
  }
  throw new TypeError(`Cannot run model as its input must be ${input.kind}: found ${sent.kind}`);
}

function readState(sent: InputValue, stateLength: number): Float32Array | undefined {
  const state = sent.kind === "text" || sent.kind === "series" ? sent.state : undefined;
  if (state === undefined || state.length === stateLength) return state;
  throw new ServiceError(
    "invalid_value",
    `Cannot go on from the state as it must have ${stateLength} numbers: found ${state.length}`,
  );
}

interface Found {
  logits: Float32Array<ArrayBuffer>;
  features: Float32Array<ArrayBuffer>;
  state: Float32Array<ArrayBuffer>;
  steps: ScoredIndex[][];
}

function runPieces(
  model: SequenceModel,
  { count, slice, marks, end }: Steps,
  { state: start, onLogits }: {
    state: Float32Array | undefined;
    onLogits: ((logits: Float32Array<ArrayBuffer>) => ScoredIndex[]) | undefined;
  },
): Found {
  const steps: ScoredIndex[][] = [];
  let state: Tensor2D | undefined = start && vectorToTensor(start);
  let features: Tensor2D | undefined;
  const runPiece = (input: Tensor, everyStep: boolean) => {
    const { stepFeatures, ...output } = model.run(input, { state, everyStep });
    for (const tensor of [input, state, features]) tensor?.dispose();
    ({ state, features } = output);
    return stepFeatures;
  };
  try {
    for (let begin = 0; begin < count; begin += PIECE_STEPS_MAX) {
      const piece = slice(begin, Math.min(begin + PIECE_STEPS_MAX, count));
      const stepFeatures = runPiece(piece, onLogits !== undefined);
      if (!stepFeatures || !onLogits) continue;
      const logits = readAndDispose(model.score(stepFeatures)); // [steps, classCount]
      stepFeatures.dispose();
      for (let row = 0; row < logits.length; row += model.classCount) {
        steps.push(onLogits(logits.slice(row, row + model.classCount)));
      }
    }
    const kept = state?.dataSync() as Float32Array<ArrayBuffer>;
    if (end.length > 0) runPiece(tokensToTensor(end), false);
    if (!features) throw new TypeError("Cannot run model as the sequence must have a step");
    return {
      logits: readAndDispose(model.score(features)),
      features: features.dataSync() as Float32Array<ArrayBuffer>,
      state: kept,
      steps: steps.slice(marks),
    };
  } finally {
    for (const tensor of [state, features]) tensor?.dispose();
  }
}

function readAndDispose(tensor: Tensor): Float32Array<ArrayBuffer> {
  const values = tensor.dataSync() as Float32Array<ArrayBuffer>;
  tensor.dispose();
  return values;
}
