import * as tf from "@tensorflow/tfjs-core";
import { layers } from "@tensorflow/tfjs-layers";
import {
  RECURRENT_CELLS,
  type RecurrentCellName,
} from "../../../models/kernels/recurrent_cells.ts";
import type { RecurrentWeights } from "../../../models/kernels/run_recurrent.ts";
import { startTestBackend } from "../formats/test_backend.ts";

/** Tolerance of every comparison: rounding alone, added up over the steps. */
export const DIFFERENCE_MAX = 1e-5;

/** Starts the backend of this test file with recurrent kernels out of a module, or the usual ones. */
export async function startRecurrentBackend(module?: WebAssembly.Module): Promise<void> {
  await startTestBackend(module);
}

/** Exact in float32: multiples of 1 / 512 in [-1, 1), as in make_recurrent_golden.py. */
export function makeValues(shape: number[], seed: number): tf.Tensor {
  const length = shape.reduce((product, size) => product * size, 1);
  const values = Float32Array.from({ length }, (_, index) => {
    return (index * 7919 + seed * 104729) % 1021 % 512 / 256 - 1;
  });
  return tf.tensor(values, shape);
}

/** Sizes of a layer and of its input. */
export interface LayerSizes {
  batch: number;
  steps: number;
  inputs: number;
  units: number;
}

/** A power of two near 1 / sqrt(length), which keeps the state in bounds and float32 exact. */
function scaleOf(length: number): number {
  return 2 ** -Math.ceil(Math.log2(Math.sqrt(length)));
}

/** Weights in the layout of Keras. */
export function makeWeights(
  cell: RecurrentCellName,
  { inputs, units }: LayerSizes,
): RecurrentWeights & { bias: tf.Tensor } {
  const { gates, hasRecurrentBias } = RECURRENT_CELLS[cell];
  const columns = gates * units;
  return tf.tidy(() => ({
    kernel: tf.mul(makeValues([inputs, columns], 1), scaleOf(inputs)),
    recurrentKernel: tf.mul(makeValues([units, columns], 2), scaleOf(units)),
    bias: makeValues(hasRecurrentBias ? [2, columns] : [columns], 3),
  }));
}

const STOCK = { SimpleRNN: layers.simpleRNN, LSTM: layers.lstm, GRU: layers.gru };
/** Cells that the layers of TensorFlow.js have. */
export const STOCK_CELLS = Object.keys(STOCK) as (keyof typeof STOCK)[];

/** An initial state: `[batch, units]`, twice for an LSTM. */
export function makeState(cell: RecurrentCellName, { batch, units }: LayerSizes): tf.Tensor[] {
  const { states } = RECURRENT_CELLS[cell];
  return tf.tidy(() => tf.unstack(makeValues([states, batch, units], 5)));
}

/** Every fifth step is taken out, at other places in each sample; the last sample has none at all. */
export function makeMask({ batch, steps }: LayerSizes): tf.Tensor {
  const values = Array.from({ length: batch * steps }, (_, index) => {
    const sample = Math.floor(index / steps);
    return sample < batch - 1 && (index % steps + sample) % 5 !== 0 ? 1 : 0;
  });
  return tf.tensor(values, [batch, steps], "bool");
}

/** How {@linkcode createStockLayer} sets its layer up; the rest are arguments of the layer. */
export interface StockLayerSettings {
  units: number;
  inputs: number;
  [name: string]: unknown;
}

/** A recurrent layer of TensorFlow.js itself, built, with gates by the plain sigmoid. */
export function createStockLayer(
  cell: (typeof STOCK_CELLS)[number],
  { inputs, ...rest }: StockLayerSettings,
) {
  const layer = STOCK[cell]({
    recurrentActivation: "sigmoid",
    // The default one needs chained methods, which bare tfjs-core does not have.
    recurrentInitializer: "zeros",
    returnSequences: true,
    returnState: true,
    ...rest,
  } as never);
  layer.build([null, null, inputs]);
  return layer;
}

/** How {@linkcode runStockLayer} sets its layer up. */
export interface StockLayerOptions {
  weights: RecurrentWeights;
  units: number;
  initialState?: tf.Tensor[] | undefined;
  mask?: tf.Tensor | undefined;
  [name: string]: unknown;
}

/** What TensorFlow.js itself makes of `x`: outputs of all steps, hidden state, cell state. */
export function runStockLayer(
  cell: (typeof STOCK_CELLS)[number],
  x: tf.Tensor,
  { weights, initialState, mask, ...rest }: StockLayerOptions,
): Float32Array[] {
  const { kernel, recurrentKernel, bias } = weights;
  const inputs = kernel.shape[0] ?? 0;
  const layer = createStockLayer(cell, { inputs, ...rest, useBias: bias !== undefined });
  layer.setWeights(bias ? [kernel, recurrentKernel, bias] : [kernel, recurrentKernel]);
  const results = layer.call(x, {
    ...(initialState && { initialState }),
    ...(mask && { mask }),
  }) as tf.Tensor[];
  const values = results.map((each) => each.dataSync() as Float32Array);
  tf.dispose(results);
  layer.weights.forEach((each) => (each as unknown as tf.Tensor).dispose());
  return values;
}
