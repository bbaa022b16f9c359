import { assertEquals, assertLessOrEqual } from "@std/assert";
import * as tf from "@tensorflow/tfjs-core";
import {
  RECURRENT_CELLS,
  type RecurrentAttributes,
  type RecurrentCellName,
} from "../../../models/kernels/recurrent_cells.ts";
import { computeRecurrentGradients } from "../../../models/kernels/recurrent_gradients.ts";
import { RECURRENT_KERNEL, runRecurrentKernel } from "../../../models/kernels/recurrent_kernels.ts";
import { packRecurrentWeights } from "../../../models/kernels/run_recurrent.ts";
import { makeState, makeValues, makeWeights, startRecurrentBackend } from "./recurrent_cases.ts";

await startRecurrentBackend();

const SIZES = { batch: 2, steps: 3, inputs: 2, units: 3 };
const NUDGE = 1 / 64;

/** The sum of the final hidden state, and its gradients by the kernel. */
function run(cell: RecurrentCellName, kernel: tf.Tensor) {
  const { recurrentKernel, bias } = makeWeights(cell, SIZES);
  const x = makeValues([2, 3, 2], 4);
  const { packed } = packRecurrentWeights(cell, { kernel, recurrentKernel, bias });
  const attributes: RecurrentAttributes = {
    cell,
    units: 3,
    goBackwards: false,
    returnSequences: false,
    keepHistory: true,
    activation: "tanh",
    recurrentActivation: "sigmoid",
  };
  const [initialHidden, initialCell] = makeState(cell, SIZES);
  const results = runRecurrentKernel(RECURRENT_KERNEL, {
    x,
    weights: packed,
    initialHidden,
    initialCell,
  }, attributes);
  const [gates, history] = results.slice(-2) as [tf.Tensor, tf.Tensor];
  const kept = { x, kernel, recurrentKernel, gates, history, mask: undefined };
  const { states } = RECURRENT_CELLS[cell];
  const byHidden = tf.pad(tf.ones([2, 1, 3]), [[0, 0], [0, states - 1], [0, 0]]);
  const gradients = computeRecurrentGradients(byHidden, kept, attributes);
  const sum = (results[0]?.dataSync() as Float32Array).reduce((sum, value) => sum + value, 0);
  return { sum, gradients };
}

Deno.test("computeRecurrentGradients() agrees with the slope between two runs", () => {
  for (const cell of Object.keys(RECURRENT_CELLS) as RecurrentCellName[]) {
    tf.tidy(() => {
      const { kernel } = makeWeights(cell, SIZES);
      const byKernel = run(cell, kernel).gradients.kernel.dataSync();
      byKernel.forEach((gradient, index) => {
        const nudge = tf.oneHot(index, kernel.size);
        const step = tf.mul(tf.reshape(tf.cast(nudge, "float32"), kernel.shape), NUDGE);
        const [above, below] = [tf.add(kernel, step), tf.sub(kernel, step)];
        const slope = (run(cell, above).sum - run(cell, below).sum) / (2 * NUDGE);
        assertLessOrEqual(Math.abs(gradient - slope), 1e-3, `${cell} ${index}`);
      });
    });
  }
});

Deno.test("computeRecurrentGradients() gives each gradient in the shape of what it is by", () => {
  tf.tidy(() => {
    for (const cell of Object.keys(RECURRENT_CELLS) as RecurrentCellName[]) {
      const { kernel, recurrentKernel, bias } = makeWeights(cell, SIZES);
      const { gradients } = run(cell, kernel);
      assertEquals(gradients.x.shape, [2, 3, 2]);
      assertEquals(gradients.kernel.shape, kernel.shape);
      assertEquals(gradients.recurrentKernel.shape, recurrentKernel.shape);
      assertEquals(gradients.bias.shape, bias.shape);
      assertEquals(
        gradients.initialState.map(({ shape }) => shape),
        makeState(cell, SIZES).map(({ shape }) => shape),
      );
    }
  });
});
