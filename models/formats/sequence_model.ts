import * as tf from "@tensorflow/tfjs-core";
import type { Tensor, Tensor2D } from "../tensors.ts";
import type { OutputActivation } from "./graph.ts";
import type { LoadedModel } from "./loaded_model.ts";
import { refuse } from "./tfjs_files.ts";

/**
 * Most steps that run at once, so that memory is bounded: longer sequences run in pieces, where the
 * network has a state.
 */
export const PIECE_STEPS_MAX = 4096;

/** Steps that a network which takes any number is tried on: enough for its convolutions over time. */
export const TRIAL_STEPS = 128;

/** What a recurrent network gives for a piece of a sequence. The caller owns all tensors. */
export type SequenceOutput = {
  /** `[1, featureLength]` float32: the hidden state of the last layer after the last step. */
  features: Tensor2D;
  /** `[steps, featureLength]` float32: the same after every step, where it was asked for. */
  stepFeatures?: Tensor2D;
  /** `[1, stateLength]` float32: what the next piece starts from. */
  state: Tensor2D;
};

/** How a piece is run. */
export interface SequenceRunOptions {
  /** `[1, stateLength]` float32, kept by the caller; zeros where it is left out. */
  state?: Tensor2D | undefined;
  /** Whether the features of every step are wanted. */
  everyStep?: boolean;
}

/** A recurrent network; as a `LoadedModel` it starts from a state of zeros. */
export interface SequenceModel extends LoadedModel {
  /**
   * Length of the state that goes in and out: hidden and cell states of all layers. 0 where the network
   * reads a sequence as a whole, {@linkcode PIECE_STEPS_MAX} steps at most.
   */
  readonly stateLength: number;
  /**
   * Runs one sequence, or a piece of one.
   *
   * @param input `[1, steps]` int32 tokens or `[1, steps, channels]` float32; the caller keeps it
   * @throws {TypeError} if the input or the state has another shape or type, or there is no step
   * @throws {ServiceError} `invalid_value` where the network reads a sequence as a whole, if there is
   *   a state, every step is wanted, or it takes another number of steps
   */
  run(input: Tensor, options?: SequenceRunOptions): SequenceOutput;
  /**
   * The logits of features: the dense layer before its activation.
   *
   * @param features `[n, featureLength]` float32; the caller keeps them
   * @returns `[n, classCount]` float32, which the caller disposes
   */
  score(features: Tensor2D): Tensor2D;
}

/**
 * Reads what the dense layer at the end applies to its sums.
 *
 * @throws {ServiceError} `model_unusable` if it is something that no score comes from
 */
export function readHeadActivation(name: unknown): OutputActivation {
  if (name === "softmax" || name === "sigmoid" || name === "linear") return name;
  throw refuse(`its last layer must end in softmax, sigmoid or nothing: found ${name}`);
}

/** The logits of features, by the dense layer at the end. */
export function scoreFeatures(
  features: Tensor2D,
  { kernel, bias }: { kernel: Tensor2D; bias: Tensor | undefined },
): Tensor2D {
  return tf.tidy(() => {
    const product = tf.matMul(features, kernel);
    return (bias ? tf.add(product, bias) : product) as Tensor2D;
  });
}

/** Tells the models that carry a state. */
export function isSequenceModel(model: LoadedModel): model is SequenceModel {
  return "stateLength" in model;
}
