import type { ImageView } from "../lib/images/image_view.ts";
import type { RandomState } from "../lib/random.ts";
import type { ScoredIndex } from "../lib/top_k.ts";
import type { UnknownScore } from "./heads/score_unknown.ts";

/** What a client sent to a model, by its kind. */
export type InputValue =
  /** An encoded picture: JPEG, PNG or WebP. */
  | { kind: "image"; bytes: Uint8Array<ArrayBuffer> }
  /** Text as it came, and the state of the network before it where it goes on from another text. */
  | { kind: "text"; text: string; state?: Float32Array<ArrayBuffer> | undefined }
  /** `[steps, channels]` float32, row-major, finite, and the state before it. */
  | {
    kind: "series";
    values: Float32Array<ArrayBuffer>;
    state?: Float32Array<ArrayBuffer> | undefined;
  }
  /** Finite float32. */
  | { kind: "vector"; values: Float32Array<ArrayBuffer> }
  /** The code of an autoencoder; bytes where it is quantised. */
  | { kind: "code"; values: Float32Array<ArrayBuffer> | Uint8Array<ArrayBuffer> }
  /** Texts that are written side by side, 1 to {@linkcode TEXTS_PER_TASK_MAX}. */
  | { kind: "texts"; texts: readonly TextPiece[] };

/** Most texts that one task goes on with. */
export const TEXTS_PER_TASK_MAX = 32;

/** A piece of text to read and to go on with. */
export interface TextPiece {
  /** At least one, to be read. */
  tokens: Int32Array<ArrayBuffer>;
  /** The state of the network before them; `undefined` at the start of a text. */
  state: Float32Array<ArrayBuffer> | undefined;
  /** Tokens to draw; 0: only read. */
  count: number;
  /** See `SampleOptions`. */
  temperature: number;
  /** See `SampleOptions`. */
  topK: number;
  /** What the draws come from. */
  random: RandomState;
  /** How many of the likeliest tokens are told for each draw; `undefined`: nothing is. */
  logprobs: number | undefined;
}

/** What is asked of a model for one input. */
export type InferenceQuery =
  | ClassifyQuery
  | PredictQuery
  /** A view is of pictures alone. */
  | { verb: "embed"; view?: ImageView | undefined }
  /** How to go on stands with each text. */
  | { verb: "generate" }
  | AutoencoderQuery;

/** Which classes an input belongs to. */
export interface ClassifyQuery {
  /** Tells the queries apart. */
  verb: "classify";
  /** Most predictions. */
  topK: number;
  /** Predictions with a lower score are left out. */
  threshold: number;
  /** Of recurrent models alone: whether the predictions after every step are wanted; default `last`. */
  outputMode?: "last" | "all";
  /** Of recurrent models alone: whether the state is wanted that the next piece starts from. */
  returnState?: boolean;
}

/** Outputs of a network that classifies, all of them in one vector for each input or step. */
export const OUTPUT_NAMES = ["scores", "logits", "features"] as const;
/** One of {@linkcode OUTPUT_NAMES}. */
export type OutputName = (typeof OUTPUT_NAMES)[number];

/** The outputs of a network as they are. */
export interface PredictQuery {
  /** Tells the queries apart. */
  verb: "predict";
  /** Which outputs, at least one. */
  fetches: readonly OutputName[];
  /** Of recurrent models alone: whether the outputs after every step are wanted; default `last`. */
  outputMode?: "last" | "all";
  /** Of recurrent models alone: whether the state is wanted that the next piece starts from. */
  returnState?: boolean;
}

/** What is asked of an autoencoder: numbers or bytes, a picture, or what the picture lost. */
export type AutoencoderQuery =
  | { verb: "encode"; dtype: "float32" | "uint8" }
  | { verb: "decode" }
  | { verb: "reconstruct"; want: "picture" | "error" };

/** What the model answers. */
export type InferenceAnswer =
  | ClassifyAnswer
  | PredictAnswer
  | { verb: "embed"; embedding: Float32Array<ArrayBuffer> }
  | GenerateAnswer
  | AutoencoderAnswer;

/** The classes of an input. */
export interface ClassifyAnswer {
  /** Tells the answers apart. */
  verb: "classify";
  /** Best first. */
  predictions: ScoredIndex[];
  /** Where the model can tell what belongs to none of its classes. */
  unknown?: UnknownScore;
  /** The predictions after every step, where they were asked for. */
  steps?: ScoredIndex[][];
  /** `[stateLength]`: the state after the last step, where it was asked for. */
  state?: Float32Array<ArrayBuffer>;
}

/** The outputs that were asked for. */
export interface PredictAnswer {
  /** Tells the answers apart. */
  verb: "predict";
  /** `[length]`, or `[steps, length]` row-major where those of every step were asked for. */
  outputs: Partial<Record<OutputName, Float32Array<ArrayBuffer>>>;
  /** How many steps there are in each of them, where those of every step were asked for. */
  stepCount?: number;
  /** `[stateLength]`: the state after the last step, where it was asked for. */
  state?: Float32Array<ArrayBuffer>;
}

/** What an autoencoder answers. */
export type AutoencoderAnswer =
  | { verb: "encode"; code: Float32Array<ArrayBuffer> | Uint8Array<ArrayBuffer> }
  /** An encoded PNG, the whole of its buffer. */
  | { verb: "decode"; picture: Uint8Array<ArrayBuffer> }
  | { verb: "reconstruct"; picture: Uint8Array<ArrayBuffer> }
  /** Mean over the values in [0, 1], and the share of usual pictures that lose less. */
  | { verb: "reconstruct"; squaredError: number; anomalyScore: number };

/** How texts went on, in their order. */
export interface GenerateAnswer {
  /** Tells the answers apart. */
  verb: "generate";
  /** One for each text. */
  texts: TextContinuation[];
}

/** How a text went on, and all that it takes to go on further. */
export interface TextContinuation {
  /** What was drawn; the last one has not been read. */
  tokens: Int32Array<ArrayBuffer>;
  /** The state before the last token that was drawn. */
  state: Float32Array<ArrayBuffer>;
  /** What the next draws come from. */
  random: RandomState;
  /** One for each draw, where they were asked for. */
  logprobs?: TokenLogprobs[];
}

/** Natural logarithms of probabilities, at temperature 1. */
export interface TokenLogprobs {
  /** Of the token that was drawn. */
  logprob: number;
  /** The likeliest tokens, best first; the score is the logarithm. */
  top: ScoredIndex[];
}

/** How long each stage took, in milliseconds; a kind of input has the stages that it needs. */
export interface StageTimings {
  /** Bytes to pixels. */
  decode?: number;
  /** Pixels, text or numbers to tensor. */
  preprocess?: number;
  /** Tensor to answer. */
  predict: number;
}

/** One input and what to do with it. */
export interface InferenceRequest {
  /** Of the kind that the model takes. */
  input: InputValue;
  /** What is asked. */
  query: InferenceQuery;
  /** A picture with more pixels is refused before it is decoded. */
  pixelsMax: number;
}

/** An {@linkcode InferenceRequest} to a loaded model. */
export interface InferenceTask extends InferenceRequest {
  /** The id of the model. */
  model: string;
}

/** The answer to one {@linkcode InferenceTask}. */
export interface InferenceResult {
  /** Scores or feature vector. */
  answer: InferenceAnswer;
  /** Milliseconds of each stage. */
  timings: StageTimings;
  /** What the engine held when the task was done. */
  memory: EngineMemory;
}

/** What an engine holds after a task. */
export interface EngineMemory {
  /** Tensors alive: constant between tasks once the models are warm. */
  tensors: number;
  /** Bytes in those tensors. */
  bytes: number;
}
