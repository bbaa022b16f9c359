import { decodeImage } from "../lib/images/decode_image.ts";
import type { ImageDecoders } from "../lib/images/image_decoders.ts";
import { releasePixels } from "../lib/images/pixels.ts";
import { resizeImage } from "../lib/images/resize_image.ts";
import { ServiceError } from "../lib/service_error.ts";
import { sigmoid } from "../lib/sigmoid.ts";
import { softmax } from "../lib/softmax.ts";
import { type ScoredIndex, topK } from "../lib/top_k.ts";
import type { OutputActivation } from "./formats/graph.ts";
import type { LoadedModel } from "./formats/loaded_model.ts";
import { type ImageInput, imageToTensor } from "./image_input.ts";

/** What is asked of a model for one picture. */
export type InferenceQuery =
  | { verb: "classify"; topK: number; threshold: number }
  | { verb: "embed" };

/** What the model answers. */
export type InferenceAnswer =
  | { verb: "classify"; predictions: ScoredIndex[] }
  | { verb: "embed"; embedding: Float32Array<ArrayBuffer> };

/** How long each stage took, in milliseconds. */
export interface StageTimings {
  /** Bytes to pixels. */
  decode: number;
  /** Pixels to tensor. */
  preprocess: number;
  /** Tensor to answer. */
  predict: number;
}

/** A model that is ready to run, with the input that it wants. */
export interface RunnableModel {
  /** Owned by whoever made this. */
  model: LoadedModel;
  /** How a picture becomes the input of the model. */
  input: ImageInput;
}

/** What the line runs on: a model and the image decoders of its thread. */
export interface InferenceStation extends RunnableModel {
  /** Of the same thread. */
  decoders: ImageDecoders;
}

/** An encoded picture and what to do with it. */
export interface InferenceRequest {
  /** JPEG, PNG or WebP. */
  bytes: Uint8Array<ArrayBuffer>;
  /** What is asked. */
  query: InferenceQuery;
  /** A picture with more pixels is refused before it is decoded. */
  pixelsMax: number;
}

/**
 * The inference line: bytes -> pixels -> tensor -> backbone and head -> scores or feature vector.
 *
 * @throws {ServiceError} if the bytes are no acceptable picture or the model's output is not finite
 */
export async function runInferenceLine(
  { model, input, decoders }: InferenceStation,
  { bytes, query, pixelsMax }: InferenceRequest,
): Promise<{ answer: InferenceAnswer; timings: StageTimings }> {
  const started = performance.now();
  const { pixels, orientation } = await decodeImage(bytes, decoders, { pixelsMax });
  const decoded = performance.now();
  const upright = resizeImage(pixels, { ...input, orientation });
  releasePixels(pixels);
  const tensor = imageToTensor(upright, input); // [1, h, w, c] float32
  releasePixels(upright);
  const preprocessed = performance.now();
  const { logits, features } = runModel(model, tensor);
  const answer: InferenceAnswer = query.verb === "embed"
    ? { verb: "embed", embedding: requireFinite(features) }
    : {
      verb: "classify",
      predictions: topK(toScores(requireFinite(logits), model.outputActivation), {
        k: query.topK,
        threshold: query.threshold,
      }),
    };
  return {
    answer,
    timings: {
      decode: decoded - started,
      preprocess: preprocessed - decoded,
      predict: performance.now() - preprocessed,
    },
  };
}

type Values = Float32Array<ArrayBuffer>;

/** Runs the model on one input, which it disposes of, and copies the outputs off the WASM heap. */
function runModel(
  model: LoadedModel,
  tensor: Parameters<LoadedModel["predict"]>[0],
): { logits: Values; features: Values } {
  try {
    const { logits, features } = model.predict(tensor); // [1, classes], [1, featureLength]
    try {
      return { logits: logits.dataSync() as Values, features: features.dataSync() as Values };
    } finally {
      logits.dispose();
      features.dispose();
    }
  } finally {
    tensor.dispose();
  }
}

/** Probabilities over the classes, or one for each class where the network was trained so. */
function toScores(logits: Values, activation: OutputActivation): Float32Array {
  return activation === "sigmoid" ? logits.map(sigmoid) : softmax(logits);
}

function requireFinite(values: Values): Values {
  const index = values.findIndex((value) => !Number.isFinite(value));
  if (index >= 0) {
    throw new ServiceError(
      "non_finite_output",
      `Cannot answer as every output must be finite: output ${index} is ${values[index]}`,
    );
  }
  return values;
}
