import type { Tensor, Tensor2D } from "../tensors.ts";
import type { OutputActivation } from "./graph.ts";

/** The files of a model by their path; they may lie over a `SharedArrayBuffer`. */
export type ModelFiles = ReadonlyMap<string, Uint8Array>;

/** What a model gives for a batch. The caller owns both tensors and disposes them. */
export interface Prediction {
  /** `[n, classCount]` float32: the output before its activation. */
  logits: Tensor2D;
  /** `[n, featureLength]` float32: the input of the last dense layer. */
  features: Tensor2D;
}

/** A network that is loaded and can run, whatever file format it came from. */
export interface LoadedModel {
  /**
   * The shape of one sample with a leading 1 for the batch: `[1, height, width, channels]`; -1 where
   * any size goes, as for the steps of a sequence.
   */
  readonly inputShape: readonly number[];
  /** Length of one feature vector. */
  readonly featureLength: number;
  /** Length of one vector of logits. */
  readonly classCount: number;
  /** What turns the logits into the scores that the network was trained to give. */
  readonly outputActivation: OutputActivation;

  /**
   * Runs a batch of any size.
   *
   * @param input `[n, ...inputShape.slice(1)]` float32; the caller keeps it
   * @throws {TypeError} if the input has another shape or type
   */
  predict(input: Tensor): Prediction;

  /** Frees every tensor of the model, which cannot run afterwards. */
  dispose(): void;
}

/**
 * Checks a batch before it reaches kernels that would read past its end.
 *
 * @throws {TypeError} if the shape, without the batch, or the type differs
 */
export function requireInput(input: Tensor, inputShape: readonly number[]): void {
  const sound = input.shape.length === inputShape.length && (input.shape[0] ?? 0) >= 1 &&
    inputShape.every((size, axis) => axis === 0 || size === input.shape[axis]);
  if (!sound || input.dtype !== "float32") {
    throw new TypeError(
      `Cannot run model as its input must be float32 of shape [n, ${
        inputShape.slice(1).join(", ")
      }]: found ${input.dtype} of shape [${input.shape.join(", ")}]`,
    );
  }
}
