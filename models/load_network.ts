import * as tf from "@tensorflow/tfjs-core";
import { ServiceError } from "../lib/service_error.ts";
import { loadModel } from "./formats/load_model.ts";
import type { LoadedModel } from "./formats/loaded_model.ts";
import { imageToTensor } from "./image_input.ts";
import type { BackboneArtifact } from "./model_artifact.ts";
import type { ModelInput } from "./model_description.ts";
import { seriesToTensor } from "./series_input.ts";
import type { Tensor } from "./tensors.ts";
import { tokensToTensor } from "./text_input.ts";

/** A network on the WASM backend of its thread, warm. */
export interface Network {
  /** What runs. */
  model: LoadedModel;
  /** How a client's input becomes the tensor of the model. */
  input: ModelInput;
  /** Frees every tensor of the network, which cannot run afterwards. */
  dispose(): void;
}

/**
 * Loads a backbone onto the WASM backend, which must be the active one, and runs it once, so that the
 * first request does not pay for packing the weights.
 *
 * @returns a network that the caller disposes
 * @throws {ServiceError} if the files make no model that can run, or none that takes its input
 */
export async function loadNetwork({ format, files, input }: BackboneArtifact): Promise<Network> {
  const model = input.kind === "image"
    ? await loadModel({ format, files })
    : await (await import("./formats/tfjs_sequence_model.ts")).loadTfjsSequenceModel(files);
  try {
    requireInputShape(model, input);
    tf.tidy(() => void model.predict(makeWarmUp(input)));
  } catch (error) {
    model.dispose();
    throw error;
  }
  return { model, input, dispose: () => model.dispose() };
}

/**
 * Checks that the model takes the input that it was declared with.
 *
 * @throws {ServiceError} `model_unusable`
 */
export function requireInputShape(
  { inputShape }: Pick<LoadedModel, "inputShape">,
  input: ModelInput,
): void {
  const declared = declareShape(input).join(", ");
  const found = inputShape.join(", ");
  if (found !== declared) {
    throw new ServiceError(
      "model_unusable",
      `Cannot use model as its input must have shape [${declared}]: current shape is [${found}]`,
    );
  }
}

function declareShape(input: ModelInput): number[] {
  switch (input.kind) {
    case "image":
      return [1, input.height, input.width, input.channels];
    case "text":
      return [1, -1];
    case "series":
      return [1, -1, input.channels];
  }
}

/** A grey picture, one character, or one step of zeros. */
function makeWarmUp(input: ModelInput): Tensor {
  switch (input.kind) {
    case "image": {
      const { width, height } = input;
      const data = new Uint8ClampedArray(width * height * 4).fill(127);
      return imageToTensor({ width, height, data }, input);
    }
    case "text":
      return tokensToTensor(new Int32Array(1));
    case "series":
      return seriesToTensor(new Float32Array(input.channels), input);
  }
}
