import { input as createInput, layers, model as createModel } from "@tensorflow/tfjs-layers";
import type { SymbolicTensor } from "@tensorflow/tfjs-layers";
import * as tf from "@tensorflow/tfjs-core";
import type { ModelFiles } from "../../../models/formats/loaded_model.ts";
import { saveLayersModel } from "./tfjs_fixtures.ts";
import { pattern } from "./tflite_parts.ts";

/** Weights of a plain recurrent layer and of the dense layer behind it, row-major. */
export interface RecurrentWeights {
  /** `[channels, units]`. */
  kernel: Float32Array;
  /** `[units, units]`. */
  recurrent: Float32Array;
  /** `[units]`. */
  bias: Float32Array;
  /** `[units, classes]`. */
  head: Float32Array;
}

/** Sizes of the networks below. */
export const SIZES = { channels: 2, units: 3, classes: 4 };

/** The form of motion-rnn: series and state in; scores after the last and every step, state out. */
export async function makeSimpleRnn(): Promise<{ files: ModelFiles; weights: RecurrentWeights }> {
  const { channels, units, classes } = SIZES;
  const series = createInput({ shape: [null, channels], name: "series" });
  const state = createInput({ shape: [units], name: "state" });
  const rnn = layers.simpleRNN({
    units,
    returnSequences: true,
    returnState: true,
    recurrentInitializer: "zeros",
    name: "rnn",
  });
  const [states, last] = rnn.apply([series, state]) as SymbolicTensor[];
  const head = layers.dense({ units: classes, activation: "softmax", name: "head" });
  if (!states || !last) throw new TypeError("The layer must give two outputs");
  const outputs = [head.apply(states), head.apply(last), last] as SymbolicTensor[];
  const model = createModel({ inputs: [series, state], outputs });
  const weights = {
    kernel: Float32Array.from(pattern(channels * units, 1)),
    recurrent: Float32Array.from(pattern(units * units, 2)),
    bias: Float32Array.from(pattern(units, 3)),
    head: Float32Array.from(pattern(units * classes, 4)),
  };
  setWeights(rnn, [weights.kernel, weights.recurrent, weights.bias]);
  setWeights(head, [weights.head, new Float32Array(classes)]);
  const files = await saveLayersModel(model);
  model.dispose();
  return { files, weights };
}

/** The form of names-lstm: tokens in, scores after the last one out, no state. */
export async function makeLstm(tokens = 5): Promise<ModelFiles> {
  const input = createInput({ shape: [null], dtype: "int32", name: "tokens" });
  const embedding = layers.embedding({ inputDim: tokens, outputDim: 2, name: "embedding" });
  const lstm = layers.lstm({
    units: 3,
    recurrentActivation: "sigmoid",
    recurrentInitializer: "zeros",
    name: "lstm",
  });
  const head = layers.dense({ units: 4, activation: "softmax", name: "head" });
  const output = head.apply(lstm.apply(embedding.apply(input)) as SymbolicTensor) as SymbolicTensor;
  const model = createModel({ inputs: input, outputs: output });
  const files = await saveLayersModel(model);
  model.dispose();
  return files;
}

function setWeights(
  layer: { getWeights(): tf.Tensor[]; setWeights(values: tf.Tensor[]): void },
  values: Float32Array[],
): void {
  const shapes = layer.getWeights().map(({ shape }) => shape);
  const tensors = values.map((each, index) => tf.tensor(each, shapes[index]));
  layer.setWeights(tensors);
  tf.dispose(tensors);
}

/**
 * The states of s_t = tanh(x_t K + s_(t-1) R + b) after every step, in plain numbers.
 *
 * @param series `[steps, channels]`
 */
export function computeStates(
  series: number[][],
  { kernel, recurrent, bias }: RecurrentWeights,
): number[][] {
  const { units } = SIZES;
  let state = Array<number>(units).fill(0);
  return series.map((row) => {
    state = Array.from({ length: units }, (_, unit) => {
      const fromInput = row.map((value, i) => value * (kernel[i * units + unit] ?? NaN));
      const fromState = state.map((value, i) => value * (recurrent[i * units + unit] ?? NaN));
      const sum = [...fromInput, ...fromState].reduce((total, value) => total + value, 0);
      return Math.tanh(sum + (bias[unit] ?? NaN));
    });
    return state;
  });
}

/** `state` times the weights of the head. */
export function computeLogits(state: number[], { head }: RecurrentWeights): number[] {
  const { classes } = SIZES;
  return Array.from({ length: classes }, (_, column) => {
    return state.reduce(
      (sum, value, row) => sum + value * (head[row * classes + column] ?? NaN),
      0,
    );
  });
}
