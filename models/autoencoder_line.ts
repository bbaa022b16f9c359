import type { ImageDecoders } from "../lib/images/image_decoders.ts";
import { encodePng } from "../lib/images/encode_png.ts";
import type { Pixels } from "../lib/images/pixels.ts";
import { quantileRank } from "../lib/quantile_rank.ts";
import { ServiceError } from "../lib/service_error.ts";
import * as tf from "@tensorflow/tfjs-core";
import { dequantizeCode, quantizeCode } from "./code_quantization.ts";
import type { LoadedModel } from "./formats/loaded_model.ts";
import type { Autoencoder } from "./formats/tfjs_autoencoder.ts";
import { prepareTensor } from "./inference_line.ts";
import { requireFinite } from "./scores.ts";
import type {
  AutoencoderAnswer,
  AutoencoderQuery,
  InferenceRequest,
  InputValue,
  StageTimings,
} from "./inference_task.ts";
import type { ImageModelInput } from "./model_description.ts";
import type { Tensor } from "./tensors.ts";

/** What the line runs on. */
export interface AutoencoderStation {
  /** Owned by whoever made this. */
  model: Autoencoder;
  /** How a picture becomes the tensor of the encoder. */
  input: ImageModelInput;
  /** Of the same thread. */
  decoders: ImageDecoders;
  /** The compiled module that encodes PNG. */
  png: WebAssembly.Module;
}

/** A request to an autoencoder. */
export type AutoencoderRequest = InferenceRequest & { query: AutoencoderQuery };

type Values = Float32Array<ArrayBuffer>;

/** True for what only autoencoders are asked. */
export function isAutoencoderQuery(query: InferenceRequest["query"]): query is AutoencoderQuery {
  return query.verb === "encode" || query.verb === "decode" || query.verb === "reconstruct";
}

/**
 * The line of an autoencoder: picture -> tensor -> code, code -> picture, or both with what was lost
 * on the way.
 *
 * @throws {ServiceError} if the input is not acceptable or an output is not finite
 */
export async function runAutoencoderLine(
  station: AutoencoderStation,
  request: AutoencoderRequest,
): Promise<{ answer: AutoencoderAnswer; timings: StageTimings }> {
  const { model } = station;
  const { query, input } = request;
  if (query.verb === "decode") {
    const started = performance.now();
    const values = run(model.decoder, toCodeTensor(input, model)); // height * width * channels
    const predicted = performance.now();
    const picture = await encodePng(toPixels(values, station.input), station.png);
    return { answer: { verb: "decode", picture }, timings: { predict: predicted - started } };
  }
  const { tensor, timings } = await prepareTensor(station, request);
  const started = performance.now();
  if (query.verb === "encode") {
    const code = run(model.encoder, tensor);
    const answer = query.dtype === "uint8" ? quantizeCode(code, model.codeRange) : code;
    return {
      answer: { verb: "encode", code: answer },
      timings: { ...timings, predict: performance.now() - started },
    };
  }
  const original = tensor.dataSync() as Values;
  const code = run(model.encoder, tensor);
  const values = run(model.decoder, tf.tensor2d(code, [1, code.length]));
  const predict = performance.now() - started;
  const answer = query.want === "picture"
    ? { picture: await encodePng(toPixels(values, station.input), station.png) }
    : compare(values, original, model);
  return { answer: { verb: "reconstruct", ...answer }, timings: { ...timings, predict } };
}

/** Runs a network on one input, which it disposes of, and copies its finite output off the heap. */
function run(network: LoadedModel, tensor: Tensor): Values {
  try {
    const { logits, features } = network.predict(tensor);
    try {
      return requireFinite(logits.dataSync() as Values);
    } finally {
      logits.dispose();
      features.dispose();
    }
  } finally {
    tensor.dispose();
  }
}

function toCodeTensor(input: InputValue, { codeRange }: Autoencoder): Tensor {
  if (input.kind !== "code") throw new TypeError(`Cannot decode ${input.kind}: it must be a code`);
  const length = codeRange.low.length;
  if (input.values.length !== length) {
    throw new ServiceError(
      "invalid_value",
      `Cannot decode the code as it must have ${length} numbers: it has ${input.values.length}`,
    );
  }
  const code = input.values instanceof Uint8Array
    ? dequantizeCode(input.values, codeRange)
    : input.values;
  return tf.tensor2d(code, [1, length]);
}

/** From values as the network was trained on, which are clipped, to RGBA. */
function toPixels(
  values: Values,
  { width, height, channels, scale, offset }: ImageModelInput,
): Pixels {
  const data = new Uint8ClampedArray(width * height * 4);
  for (let pixel = 0; pixel < width * height; pixel++) {
    for (let colour = 0; colour < 3; colour++) {
      const value = values[pixel * channels + (channels === 3 ? colour : 0)] ?? NaN;
      // Rounded and clipped by the array.
      data[pixel * 4 + colour] = (value - offset) / scale;
    }
    data[pixel * 4 + 3] = 255;
  }
  return { width, height, data };
}

/** The error that the model's distribution was measured by: outputs clipped to [0, 1]. */
function compare(values: Values, original: Values, { errorQuantiles }: Autoencoder) {
  const sum = values.reduce((total, value, index) => {
    const clipped = Math.min(1, Math.max(0, value));
    return total + (clipped - (original[index] ?? NaN)) ** 2;
  }, 0);
  const squaredError = sum / values.length;
  return { squaredError, anomalyScore: quantileRank(squaredError, errorQuantiles) };
}
