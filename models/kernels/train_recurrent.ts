import * as tf from "@tensorflow/tfjs-core";
import type { Tensor, Tensor2D } from "../tensors.ts";
import { computeRecurrentGradients } from "./recurrent_gradients.ts";
import {
  RECURRENT_CELLS,
  type RecurrentAttributes,
  type RecurrentCellName,
} from "./recurrent_cells.ts";
import { RECURRENT_KERNEL, runRecurrentKernel } from "./recurrent_kernels.ts";
import {
  packRecurrentWeights,
  type RecurrentOptions,
  type RecurrentResult,
  type RecurrentWeights,
  requireRecurrentInputs,
} from "./run_recurrent.ts";

/**
 * The same as `runRecurrent()`, with gradients by the input, the weights and the initial state
 * (back-propagation through time, one call of WebAssembly for all steps). It keeps the gates of all
 * steps until the gradients are computed.
 *
 * @param x `[batch, steps, inputs]` float32
 * @param weights in the layout of Keras; they are packed in each call, as training changes them
 * @throws {TypeError} if the shapes do not fit together
 */
export function trainRecurrent(
  x: Tensor,
  weights: RecurrentWeights & { cell: RecurrentCellName },
  options: RecurrentOptions = {},
): RecurrentResult {
  const { cell, kernel, recurrentKernel, bias } = weights;
  const { mask, initialState = [], returnSequences = false } = options;
  const { states } = RECURRENT_CELLS[cell];
  const [batch = 0, steps = 0] = x.shape;
  const [units = 0] = recurrentKernel.shape;
  const attributes: RecurrentAttributes = {
    cell,
    units,
    returnSequences,
    keepHistory: true,
    goBackwards: options.goBackwards ?? false,
    activation: options.activation ?? "tanh",
    recurrentActivation: options.recurrentActivation ?? "sigmoid",
  };
  const run = tf.customGrad((...parameters: (Tensor | tf.GradSaveFunc)[]) => {
    const save = parameters.pop() as tf.GradSaveFunc;
    const packed = packRecurrentWeights(cell, weights);
    requireRecurrentInputs(x, packed, options);
    const [initialHidden, initialCell] = initialState;
    const inputs = { x, weights: packed.packed, mask, initialHidden, initialCell };
    const results = runRecurrentKernel(RECURRENT_KERNEL, inputs, attributes);
    const state = tf.stack(results.slice(0, states), 1);
    const [gates, history] = results.slice(-2) as [Tensor, Tensor];
    save([x, kernel, recurrentKernel, gates, history, ...(mask ? [mask] : [])]);
    // A function with a gradient of its own has one value: outputs, and behind them the state.
    const outputs = results[states] as Tensor;
    return {
      value: returnSequences ? tf.concat([outputs, state], 1) : state,
      gradFunc: (gradient: Tensor, saved: Tensor[]) => {
        const [x, kernel, recurrentKernel, gates, history, mask] = saved as [
          ...[Tensor, Tensor, Tensor, Tensor, Tensor],
          Tensor | undefined,
        ];
        const kept = { x, kernel, recurrentKernel, gates, history, mask };
        const gradients = computeRecurrentGradients(gradient, kept, attributes);
        return [
          gradients.x,
          gradients.kernel,
          gradients.recurrentKernel,
          ...(bias ? [gradients.bias] : []),
          ...gradients.initialState.slice(0, initialState.length),
        ];
      },
    };
  });
  const value = run(x, kernel, recurrentKernel, ...(bias ? [bias] : []), ...initialState);
  const outputSteps = returnSequences ? steps : 0;
  const state = Array.from({ length: states }, (_, index) => {
    const row = tf.slice(value, [0, outputSteps + index, 0], [batch, 1, units]);
    return tf.reshape(row, [batch, units]) as Tensor2D;
  });
  if (!returnSequences) return { state };
  return { state, outputs: tf.slice(value, [0, 0, 0], [batch, steps, units]) };
}
