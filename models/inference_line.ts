import { decodeImage } from "../lib/images/decode_image.ts";
import type { ImageDecoders } from "../lib/images/image_decoders.ts";
import type { ImageView } from "../lib/images/image_view.ts";
import { releasePixels } from "../lib/images/pixels.ts";
import { resizeImage } from "../lib/images/resize_image.ts";
import { topK } from "../lib/top_k.ts";
import type { LoadedModel } from "./formats/loaded_model.ts";
import { type ClassDirections, scoreUnknown } from "./heads/score_unknown.ts";
import { type ImageInput, imageToTensor } from "./image_input.ts";
import type {
  InferenceAnswer,
  InferenceQuery,
  InferenceRequest,
  StageTimings,
} from "./inference_task.ts";
import type { ModelInput } from "./model_description.ts";
import { type NetworkOutputs, pickOutputs } from "./pick_outputs.ts";
import { requireFinite, toScores } from "./scores.ts";
import { vectorToTensor } from "./sequence_tensors.ts";
import type { Tensor } from "./tensors.ts";

/** What the line runs on: a model, the input that it wants, and the decoders of its thread. */
export interface InferenceStation {
  /** Owned by whoever made this. */
  model: LoadedModel;
  /** How a client's input becomes the tensor of the model. */
  input: ModelInput;
  /** What tells inputs that belong to none of the model's classes, where it has that. */
  classes?: ClassDirections | undefined;
  /** Of the same thread. */
  decoders: ImageDecoders;
}

/** A request for what a network gives, or for what that says. */
export type ScoreRequest = InferenceRequest & {
  query: Extract<InferenceRequest["query"], { verb: "classify" | "predict" | "embed" }>;
};

/**
 * The inference line of pictures and vectors: bytes or numbers -> tensor -> backbone and head ->
 * scores or feature vector. Text and series have `runSequenceLine()`.
 *
 * @throws {ServiceError} if the input is not acceptable or the model's output is not finite
 */
export async function runInferenceLine(
  station: InferenceStation,
  request: ScoreRequest,
): Promise<{ answer: InferenceAnswer; timings: StageTimings }> {
  const { tensor, timings } = await prepareTensor(station, request);
  const started = performance.now();
  const answer = answerQuery(station, runModel(station.model, tensor), request.query);
  return { answer, timings: { ...timings, predict: performance.now() - started } };
}

function answerQuery(
  { model, classes }: Pick<InferenceStation, "model" | "classes">,
  outputs: NetworkOutputs,
  query: ScoreRequest["query"],
): InferenceAnswer {
  const { outputActivation: activation, classCount } = model;
  const { logits, features } = outputs;
  switch (query.verb) {
    case "embed":
      return { verb: "embed", embedding: requireFinite(features) };
    case "predict": {
      const { fetches } = query;
      return {
        verb: "predict",
        outputs: pickOutputs(outputs, { fetches, classCount, activation }),
      };
    }
    case "classify": {
      const { topK: k, threshold } = query;
      const predictions = topK(toScores(requireFinite(logits), activation), { k, threshold });
      if (!classes) return { verb: "classify", predictions };
      const unknown = scoreUnknown(classes, requireFinite(features));
      return { verb: "classify", predictions, unknown };
    }
  }
}

/** A model's input, owned by the caller, with the time that it took. */
export interface PreparedTensor {
  /** Of the shape that the model takes, for one sample. */
  tensor: Tensor;
  /** Milliseconds, of the stages that this kind of input has. */
  timings: Omit<StageTimings, "predict">;
}

/**
 * The first half of the line: what a client sent becomes the input of the model.
 *
 * @throws {ServiceError} if it is not acceptable
 * @throws {TypeError} if it is of another kind than the model takes
 */
export async function prepareTensor(
  { input, decoders }: Pick<InferenceStation, "input" | "decoders">,
  request: Pick<InferenceRequest, "input" | "pixelsMax"> & { query?: InferenceQuery },
): Promise<PreparedTensor> {
  const sent = request.input;
  if (sent.kind === "image" && input.kind === "image") {
    const { pixelsMax, query } = request;
    const view = query?.verb === "embed" ? query.view : undefined;
    return await prepareImage(sent.bytes, { input, decoders, pixelsMax, view });
  }
  const started = performance.now();
  if (sent.kind === "vector" && input.kind === "vector") {
    const tensor = vectorToTensor(sent.values); // [1, length] float32
    return { tensor, timings: { preprocess: performance.now() - started } };
  }
  throw new TypeError(`Cannot run model as its input must be ${input.kind}: found ${sent.kind}`);
}

async function prepareImage(
  bytes: Uint8Array<ArrayBuffer>,
  { input, decoders, pixelsMax, view }: {
    input: ImageInput;
    decoders: ImageDecoders;
    pixelsMax: number;
    view: ImageView | undefined;
  },
): Promise<PreparedTensor> {
  const started = performance.now();
  const { pixels, orientation } = await decodeImage(bytes, decoders, { pixelsMax });
  const decoded = performance.now();
  const upright = resizeImage(pixels, { ...input, orientation, view });
  releasePixels(pixels);
  const tensor = imageToTensor(upright, input); // [1, h, w, c] float32
  releasePixels(upright);
  return {
    tensor,
    timings: { decode: decoded - started, preprocess: performance.now() - decoded },
  };
}

/** Runs the model on one input, which it disposes of, and copies the outputs off the WASM heap. */
function runModel(model: LoadedModel, tensor: Tensor): NetworkOutputs {
  type Values = Float32Array<ArrayBuffer>;
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
