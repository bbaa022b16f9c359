import { ServiceError } from "../lib/service_error.ts";
import { type ScoredIndex, topK } from "../lib/top_k.ts";
import { PIECE_STEPS_MAX, type SequenceModel } from "./formats/sequence_model.ts";
import { type ClassDirections, scoreUnknown } from "./heads/score_unknown.ts";
import type {
  ClassifyAnswer,
  ClassifyQuery,
  InferenceAnswer,
  InputValue,
  PredictAnswer,
  PredictQuery,
  StageTimings,
} from "./inference_task.ts";
import type { ScoreRequest } from "./inference_line.ts";
import type { ModelInput } from "./model_description.ts";
import { type NetworkOutputs, pickOutputs } from "./pick_outputs.ts";
import { requireFinite, toScores } from "./scores.ts";
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
  /** `classify`, `predict` or `embed`. */
  query: ScoreRequest["query"];
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
  const isPiece = query.verb !== "embed" && query.returnState === true;
  const steps = readSteps(sent, { input, isPiece });
  const isEvery = query.verb !== "embed" && query.outputMode === "all";
  if (isEvery && steps.count > STEPS_ANSWERED_MAX) {
    throw new ServiceError(
      "invalid_value",
      `Cannot answer every step as there must be at most ${STEPS_ANSWERED_MAX}: ` +
        `found ${steps.count}; send the sequence in pieces`,
    );
  }
  const state = readState(sent, model.stateLength);
  const begun = performance.now();
  const found = runPieces(model, steps, { state, isEvery });
  const answer = answerQuery({ model, classes }, found, query);
  const timings = { preprocess: begun - started, predict: performance.now() - begun };
  return { answer, timings };
}

function answerQuery(
  { model, classes }: Pick<SequenceStation, "model" | "classes">,
  found: Found,
  query: SequenceRequest["query"],
): InferenceAnswer {
  switch (query.verb) {
    case "embed":
      return { verb: "embed", embedding: requireFinite(found.features) };
    case "predict":
      return predict(model, found, query);
    case "classify": {
      const answer = classify(model, found, query);
      return classes
        ? { ...answer, unknown: scoreUnknown(classes, requireFinite(found.features)) }
        : answer;
    }
  }
}

function classify(
  { classCount, outputActivation }: SequenceModel,
  { logits, steps, state }: Found,
  { topK: k, threshold, returnState }: ClassifyQuery,
): ClassifyAnswer {
  const rank = (row: Float32Array<ArrayBuffer>): ScoredIndex[] => {
    return topK(toScores(requireFinite(row), outputActivation), { k, threshold });
  };
  const rows = steps && Array.from({ length: steps.count }, (_, row) => {
    return rank(steps.logits.subarray(row * classCount, (row + 1) * classCount));
  });
  return {
    verb: "classify",
    predictions: rank(logits),
    ...(rows && { steps: rows }),
    ...(returnState && { state: requireFinite(state) }),
  };
}

function predict(
  { classCount, outputActivation: activation }: SequenceModel,
  { steps, state, ...last }: Found,
  { fetches, returnState }: PredictQuery,
): PredictAnswer {
  return {
    verb: "predict",
    outputs: pickOutputs(steps ?? last, { fetches, classCount, activation }),
    ...(steps && { stepCount: steps.count }),
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

/** What the network gave at the end, and after every step where that was asked for. */
interface Found extends NetworkOutputs {
  state: Float32Array<ArrayBuffer>;
  steps: (NetworkOutputs & { count: number }) | undefined;
}

function runPieces(
  model: SequenceModel,
  { count, slice, marks, end }: Steps,
  { state: start, isEvery }: { state: Float32Array | undefined; isEvery: boolean },
): Found {
  const { classCount, featureLength } = model;
  const rows = isEvery ? count : 0;
  const logits = new Float32Array(rows * classCount);
  const everyFeature = new Float32Array(rows * featureLength);
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
      const stepFeatures = runPiece(piece, isEvery);
      if (!stepFeatures) continue;
      logits.set(readAndDispose(model.score(stepFeatures)), begin * classCount);
      everyFeature.set(readAndDispose(stepFeatures), begin * featureLength);
    }
    const kept = state?.dataSync() as Float32Array<ArrayBuffer>;
    if (end.length > 0) runPiece(tokensToTensor(end), false);
    if (!features) throw new TypeError("Cannot run model as the sequence must have a step");
    return {
      logits: readAndDispose(model.score(features)),
      features: features.dataSync() as Float32Array<ArrayBuffer>,
      state: kept,
      steps: isEvery
        ? {
          count: count - marks,
          logits: logits.slice(marks * classCount),
          features: everyFeature.slice(marks * featureLength),
        }
        : undefined,
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
