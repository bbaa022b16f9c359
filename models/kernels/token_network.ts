import * as tf from "@tensorflow/tfjs-core";
import type { Tensor, Tensor2D } from "../tensors.ts";
import {
  padUnits,
  RECURRENT_CELLS,
  type RecurrentActivation,
  type RecurrentCellName,
} from "./recurrent_cells.ts";
import { packRecurrentWeights, type RecurrentWeights } from "./run_recurrent.ts";

/** A network that reads tokens: embedding, one recurrent layer, one dense layer. */
export interface TokenNetwork {
  /** Kind of cell. */
  cell: RecurrentCellName;
  /** Of the candidate and of the cell state; `tanh` by default. */
  activation?: RecurrentActivation;
  /** Of the gates; `sigmoid` by default. */
  recurrentActivation?: RecurrentActivation;
  /** `[vocabulary, length]` float32 */
  embeddings: Tensor;
  /** Of the recurrent layer. */
  recurrent: RecurrentWeights;
  /** Of the dense layer: kernel `[units, classes]` and bias `[classes]`, float32. */
  head: { kernel: Tensor; bias?: Tensor | undefined };
}

/** The weights of a token network in the order in which a step reads them. */
export interface PackedTokenNetwork {
  /** Of the recurrent layer. */
  recurrent: Tensor;
  /** `[vocabulary, gates * paddedUnits]`: what the input adds to the gates, with the bias. */
  table: Tensor;
  /** The dense layer's kernel in panels: `[paddedClasses / 8, units, 8]`. */
  head: Tensor;
  /** `[paddedClasses]` */
  headBias: Tensor;
}

/**
 * Packs a network for `StepRunner`. The embedding of every token is multiplied by the input's
 * weights here, once, instead of in every step.
 *
 * @returns tensors that the caller disposes
 * @throws {TypeError} if the shapes of the weights do not fit together or a type is not float32
 */
export function packTokenNetwork(network: TokenNetwork): PackedTokenNetwork {
  requireShapes(network);
  const { cell, embeddings, recurrent, head } = network;
  const { gates } = RECURRENT_CELLS[cell];
  return tf.tidy(() => {
    const { packed, units } = packRecurrentWeights(cell, recurrent);
    const [vocabularyLength = 0] = embeddings.shape;
    const gatesLength = gates * padUnits(units);
    const product = tf.matMul(embeddings as Tensor2D, recurrent.kernel as Tensor2D);
    const gateRows = tf.reshape(product, [vocabularyLength, gates, units]);
    const padded = tf.pad(gateRows, [[0, 0], [0, 0], [0, padUnits(units) - units]]);
    const bias = tf.slice(packed, 0, gatesLength);
    const table = tf.add(tf.reshape(padded, [vocabularyLength, gatesLength]), bias);

    const [, classCount = 0] = head.kernel.shape;
    const missing = padUnits(classCount) - classCount;
    const columns = tf.pad(head.kernel, [[0, 0], [0, missing]]);
    const panels = tf.transpose(tf.reshape(columns, [units, -1, 8]), [1, 0, 2]);
    const headBias = head.bias
      ? tf.pad(head.bias, [[0, missing]])
      : tf.zeros([classCount + missing]);
    return { recurrent: packed, table, head: panels, headBias };
  }) as unknown as PackedTokenNetwork;
}

function requireShapes({ embeddings, recurrent, head }: TokenNetwork): void {
  const units = recurrent.recurrentKernel.shape[0];
  const classCount = head.kernel.shape[1];
  const checks: [string, Tensor | undefined, (number | undefined)[]][] = [
    ["embeddings", embeddings, [embeddings.shape[0], recurrent.kernel.shape[0]]],
    ["head's kernel", head.kernel, [units, classCount]],
    ["head's bias", head.bias, [classCount]],
  ];
  for (const [name, tensor, shape] of checks) {
    if (!tensor) continue;
    const fits = tensor.dtype === "float32" && tensor.rank === shape.length &&
      shape.every((size, axis) => size === tensor.shape[axis] && tensor.shape[axis] !== 0);
    if (fits) continue;
    throw new TypeError(
      `Cannot pack token network as its ${name} must be float32 of shape [${shape.join(", ")}]: ` +
        `found ${tensor.dtype} of shape [${tensor.shape.join(", ")}]`,
    );
  }
}
