import * as tf from "@tensorflow/tfjs-core";
import { ServiceError } from "../../lib/service_error.ts";
import type { Tensor, Tensor2D } from "../tensors.ts";
import type { OutputActivation } from "./graph.ts";
import { sizeOf } from "./graph_shapes.ts";
import { type LoadedModel, type Prediction, requireInput } from "./loaded_model.ts";
import { VALUE_ELEMENTS_MAX } from "./model_limits.ts";
import { refuse } from "./tfjs_files.ts";

/** What a loader of TensorFlow.js leaves: how to run the network and how to free it. */
export interface TfjsNetwork {
  /** `[1, ...]`, every size known. */
  inputShape: number[];
  /** What the network itself applies to its logits. */
  outputActivation: OutputActivation;
  /** Called inside of a `tf.tidy()`. Both tensors are `[n, ...]`. */
  run(input: Tensor): { logits: Tensor; features: Tensor };
  /** Frees every tensor of the network. */
  free(): void;
}

/**
 * Makes a loaded network of TensorFlow.js answer like any other. It is run once on zeros, which
 * tells the lengths of its outputs and finds operators that the backend lacks.
 *
 * @throws {Error} of TensorFlow.js, for {@linkcode toServiceError}; the caller frees the network
 */
export function createTfjsModel(network: TfjsNetwork): LoadedModel {
  const { inputShape, outputActivation } = network;
  const predict = (input: Tensor): Prediction => {
    requireInput(input, inputShape);
    return tf.tidy(() => {
      const { logits, features } = network.run(input);
      return { logits: flatten(logits), features: flatten(features) };
    });
  };
  const [classCount, featureLength] = tf.tidy(() => {
    const { logits, features } = predict(tf.zeros(inputShape));
    return [logits.shape[1], features.shape[1]];
  });
  return {
    inputShape,
    outputActivation,
    classCount,
    featureLength,
    predict,
    dispose: () => network.free(),
  };
}

/**
 * The shape of one sample with a leading 1, from the shape that a model declares.
 *
 * @param shape with `null` or -1 for sizes that are open
 * @throws {ServiceError} `model_unusable` if any size but the batch is open, or beyond reason
 */
export function readInputShape(shape: readonly (number | null)[] | undefined): number[] {
  const sizes = shape?.slice(1) ?? [];
  if (sizes.length === 0 || !sizes.every((size) => size !== null && size >= 1)) {
    throw refuse(`its input shape must be known: found [${shape?.join(", ") ?? ""}]`);
  }
  const inputShape = [1, ...sizes as number[]];
  if (sizeOf(inputShape) > VALUE_ELEMENTS_MAX) {
    throw refuse(
      `its input must have at most ${VALUE_ELEMENTS_MAX} elements: its shape is [${inputShape}]`,
    );
  }
  return inputShape;
}

/**
 * Checks that a softmax gives the scores of one sample; over each place of a map it would give many.
 *
 * @param shape of what it is applied to, with the batch
 * @throws {ServiceError} `model_unusable` if any size but the batch and the last one is not 1
 */
export function requireOneVector(shape: readonly (number | null)[]): void {
  if (shape.slice(1, -1).every((size) => size === 1)) return;
  throw refuse(
    `its softmax must be over one vector: found one over [${shape.slice(1).join(", ")}]`,
  );
}

/** Names what TensorFlow.js does not support, where its message tells. */
export function toServiceError(error: unknown): ServiceError {
  if (error instanceof ServiceError) return error;
  const message = error instanceof Error ? error.message : String(error);
  const missing = message.match(/Kernel '(\w+)' not registered/)?.[1] ??
    message.match(/Unknown layer: (\w+)/)?.[1];
  if (missing !== undefined) return unsupported(missing, error);
  return refuse(`it does not load: ${message.slice(0, 300)}`, error);
}

/** The error for an operator that cannot run: `what` names it and where it stands. */
export function unsupported(what: string, cause?: unknown): ServiceError {
  return new ServiceError(
    "unsupported_operator",
    `Cannot use TensorFlow.js model as ${what} is not supported`,
    { cause },
  );
}

function flatten(x: Tensor): Tensor2D {
  return tf.reshape(x, [x.shape[0] ?? 0, -1]);
}
