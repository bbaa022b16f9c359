import * as tf from "@tensorflow/tfjs-core";
import type { Tensor, Tensor2D } from "../tensors.ts";
import { padUnits, RECURRENT_CELLS, type RecurrentAttributes } from "./recurrent_cells.ts";
import { GRADIENT_KERNEL, runRecurrentKernel } from "./recurrent_kernels.ts";

/** What the forward call has kept. */
export interface RecurrentHistory {
  /** `[batch, steps, inputs]` */
  x: Tensor;
  /** `[inputs, gates * units]` */
  kernel: Tensor;
  /** `[units, gates * units]` */
  recurrentKernel: Tensor;
  /** Values of the gates, in the order of the input: `[batch, steps, gates, paddedUnits]`. */
  gates: Tensor;
  /** States before each step: `[rows, steps + 1, batch, paddedUnits]`. */
  history: Tensor;
  /** `[batch, steps]` bool */
  mask: Tensor | undefined;
}

/** Gradients of the loss, each in the shape of what it is by. The caller disposes them. */
export type RecurrentGradients = {
  x: Tensor;
  kernel: Tensor;
  recurrentKernel: Tensor;
  bias: Tensor;
  initialState: Tensor[];
};

/**
 * Back-propagation through time: one call goes back through the steps, and matrix products over all
 * steps at once give the gradients of the weights.
 *
 * @param gradient by outputs and state, as `trainRecurrent()` joins them:
 * `[batch, steps + states, units]`, or `[batch, states, units]` without outputs
 */
export function computeRecurrentGradients(
  gradient: Tensor,
  kept: RecurrentHistory,
  attributes: RecurrentAttributes,
): RecurrentGradients {
  const { cell, units } = attributes;
  const { states, hasRecurrentBias } = RECURRENT_CELLS[cell];
  return tf.tidy(() => {
    const { x, kernel, gates, history, mask } = kept;
    const [batch = 0, steps = 0, inputLength = 0] = x.shape;
    const outputSteps = attributes.returnSequences ? steps : 0;
    const [finalHiddenGradients, finalCellGradients] = tf.unstack(
      tf.slice(gradient, [0, outputSteps, 0], [batch, states, units]),
      1,
    );
    const [byGates, ...initialState] = runRecurrentKernel(GRADIENT_KERNEL, {
      gates,
      history,
      mask,
      transposed: packTransposed(kept.recurrentKernel, attributes),
      outputGradients: outputSteps > 0
        ? tf.slice(gradient, [0, 0, 0], [batch, steps, units])
        : undefined,
      finalHiddenGradients,
      finalCellGradients,
    }, attributes) as [Tensor, ...Tensor[]];
    const rows = trimGates(byGates, units); // [batch * steps, gates * units]
    const inputRows = tf.reshape(x, [batch * steps, inputLength]) as Tensor2D;
    const { product, recurrentKernel } = multiplyHistory(rows, kept, attributes);
    const bias = tf.sum(rows, 0);
    return {
      x: tf.reshape(tf.matMul(rows, kernel as Tensor2D, false, true), x.shape),
      kernel: tf.matMul(inputRows, rows, true, false),
      recurrentKernel,
      bias: hasRecurrentBias ? tf.stack([bias, tf.sum(product, 0)]) : bias,
      initialState,
    };
  });
}

/** Gradients of the recurrent kernel, and the rows by its product, from those by the gates. */
function multiplyHistory(
  rows: Tensor2D,
  { gates, history }: RecurrentHistory,
  { cell, units, goBackwards }: RecurrentAttributes,
): { product: Tensor2D; recurrentKernel: Tensor } {
  const [batch = 0, steps = 0] = gates.shape;
  const before = tf.slice(history, [0, 0, 0, 0], [1, steps, batch, units]);
  const bySample = tf.transpose(tf.reshape(before, [steps, batch, units]), [1, 0, 2]);
  // The gates are in the order of the input, the history in that of the steps.
  const ordered = goBackwards ? tf.reverse(bySample, 1) : bySample;
  const hidden = tf.reshape(ordered, [batch * steps, units]) as Tensor2D;
  if (cell !== "GRU" && cell !== "GRUResetAfter") {
    return { product: rows, recurrentKernel: tf.matMul(hidden, rows, true, false) };
  }
  const resets = tf.slice(gates, [0, 0, 1, 0], [batch, steps, 1, units]);
  const reset = tf.reshape(resets, [batch * steps, units]);
  const [updateAndReset, candidate] = tf.split(rows, [2 * units, units], 1) as [Tensor2D, Tensor2D];
  if (cell === "GRUResetAfter") {
    const product = tf.concat([updateAndReset, tf.mul(candidate, reset)], 1) as Tensor2D;
    return { product, recurrentKernel: tf.matMul(hidden, product, true, false) };
  }
  const recurrentKernel = tf.concat([
    tf.matMul(hidden, updateAndReset, true, false),
    tf.matMul(tf.mul(reset, hidden) as Tensor2D, candidate, true, false),
  ], 1);
  return { product: rows, recurrentKernel };
}

/** `[batch, steps, gates, paddedUnits]` -> `[batch * steps, gates * units]` */
function trimGates(padded: Tensor, units: number): Tensor2D {
  const [batch = 0, steps = 0, gates = 0] = padded.shape;
  const trimmed = tf.slice(padded, [0, 0, 0, 0], [batch, steps, gates, units]);
  return tf.reshape(trimmed, [batch * steps, gates * units]) as Tensor2D;
}

/**
 * The recurrent kernel, transposed, in panels: `[paddedUnits / 8, gates * paddedUnits, 8]`. The
 * candidate of a GRU that resets before the product has a product, and so panels, of its own.
 */
function packTransposed(
  recurrentKernel: Tensor,
  { cell, units }: RecurrentAttributes,
): Tensor {
  const { gates } = RECURRENT_CELLS[cell];
  const missing = padUnits(units) - units;
  const byGate = tf.reshape(recurrentKernel, [units, gates, units]);
  const padded = tf.pad(byGate, [[0, missing], [0, 0], [0, missing]]);
  const parts = cell === "GRU" ? tf.split(padded, [2, 1], 1) : [padded];
  return tf.concat(parts.map((part) => {
    const rows = tf.reshape(part, [padUnits(units) / 8, 8, -1]);
    return tf.reshape(tf.transpose(rows, [0, 2, 1]), [-1]);
  }));
}
