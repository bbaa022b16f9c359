import { tidy } from "@tensorflow/tfjs-core";
import { createKernel, type Kernel } from "../formats/graph_kernels.ts";
import { requireInput } from "../formats/loaded_model.ts";
import type { Tensor, Tensor2D } from "../tensors.ts";
import type { DenseHead } from "./dense_head.ts";
import { findHeadFault } from "./head_faults.ts";

/** Runs a {@linkcode DenseHead} on the WASM backend, which must be the active one. */
export class HeadRunner {
  /** Length of the feature vector that it takes. */
  readonly featureLength: number;
  /** Length of the vector of logits that it gives. */
  readonly classCount: number;
  /** `undefined` once the head is disposed. */
  #kernels: Kernel[] | undefined;

  /**
   * Uploads the weights; the head can be dropped afterwards.
   *
   * @throws {TypeError} if the head cannot be run
   */
  constructor(head: DenseHead) {
    const fault = findHeadFault(head);
    if (fault !== undefined) throw new TypeError(`Cannot run head as ${fault}`);
    const { layers } = head;
    this.featureLength = layers[0]?.inputs ?? 0;
    this.classCount = layers.at(-1)?.units ?? 0;
    this.#kernels = layers.map(({ inputs, units, weights, bias, activation }, index) =>
      createKernel({
        op: "dense",
        input: index,
        output: index + 1,
        kernel: { shape: [inputs, units], values: weights },
        bias: { shape: [units], values: bias },
        activation,
        origin: `layer ${index} of the head`,
      })
    );
  }

  /**
   * Applies every layer, one after the other.
   *
   * @param features `[n, featureLength]` float32; the caller keeps it
   * @returns logits, `[n, classCount]` float32, which the caller disposes
   * @throws {TypeError} if the features have another shape or type, or the head is disposed
   */
  apply(features: Tensor): Tensor2D {
    const kernels = this.#kernels;
    if (!kernels) throw new TypeError("Cannot run head as it is disposed");
    requireInput(features, [1, this.featureLength]);
    return tidy(() => {
      let value = features;
      for (const kernel of kernels) value = kernel.run(() => value);
      return value as Tensor2D; // [n, classCount] float32
    });
  }

  /** Frees the weights. */
  dispose(): void {
    for (const { weights } of this.#kernels ?? []) for (const each of weights) each.dispose();
    this.#kernels = undefined;
  }
}
