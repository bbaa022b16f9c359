import * as tf from "@tensorflow/tfjs-core";
import type { Tensor } from "../tensors.ts";
import { layOutScratch, toByteOffset, writeCall } from "./recurrent_call.ts";
import {
  padUnits,
  RECURRENT_ACTIVATIONS,
  RECURRENT_CELLS,
  type RecurrentActivation,
  type RecurrentCellName,
} from "./recurrent_cells.ts";
import { type RecurrentInstance, startRecurrentInstance } from "./recurrent_instance.ts";

/** Name of the kernel that runs a layer. */
export const RECURRENT_KERNEL = "FusedRecurrent";
/** Name of the kernel that packs the weights of a layer. */
export const PACK_KERNEL = "PackRecurrentWeights";

/** Attributes of {@linkcode RECURRENT_KERNEL}. */
export interface RecurrentAttributes {
  /** Kind of cell. */
  cell: RecurrentCellName;
  /** Length of the hidden state. */
  units: number;
  /** Whether to read the input from its end. */
  goBackwards: boolean;
  /** Whether to give the outputs of all steps as well. */
  returnSequences: boolean;
  /** Of the candidate and of the cell state. */
  activation: RecurrentActivation;
  /** Of the gates. */
  recurrentActivation: RecurrentActivation;
}

interface KernelArguments {
  // Keys of optional inputs are absent.
  inputs: Record<string, tf.TensorInfo | undefined>;
  attrs: unknown;
}

/**
 * Registers the recurrent kernels with TensorFlow.js: `runRecurrent()` and `packRecurrentWeights()`
 * call them. They work in place on the memory of the WASM backend, which must be the active one.
 *
 * @param module as `loadRecurrentModule()` gives it
 * @throws {Error} if the WASM backend is not active, or the kernels are registered already
 */
export function registerRecurrentKernels(module: WebAssembly.Module): void {
  const instance = startRecurrentInstance(module);
  const register = (kernelName: string, run: typeof runLayer) => {
    const kernelFunc = (call: unknown) => run(instance, call as KernelArguments);
    tf.registerKernel({ kernelName, backendName: "wasm", kernelFunc });
  };
  register(RECURRENT_KERNEL, runLayer);
  register(PACK_KERNEL, packWeights);
}

/** Whether the active backend has the recurrent kernels. */
export function hasRecurrentKernels(): boolean {
  return tf.getKernel(RECURRENT_KERNEL, tf.getBackend()) !== undefined;
}

/** `[hidden, cell (LSTM), outputs (where asked for)]` */
function runLayer(
  { kernels, backend, memory }: RecurrentInstance,
  { inputs, attrs }: KernelArguments,
): tf.TensorInfo[] {
  const { cell, units, ...attributes } = attrs as RecurrentAttributes;
  const { states, run } = RECURRENT_CELLS[cell];
  const [batch = 0, steps = 0, inputLength = 0] = inputs.x?.shape ?? [];
  const state = Array.from({ length: states }, () => backend.makeOutput([batch, units], "float32"));
  const outputs = attributes.returnSequences
    ? [backend.makeOutput([batch, steps, units], "float32")]
    : [];
  const layout = layOutScratch({ cell, batch, steps, units });
  const scratch = backend.makeOutput([layout.length], "float32");
  const locate = (tensor: tf.TensorInfo | undefined) => {
    return tensor ? backend.getMemoryOffset(tensor.dataId) : 0;
  };
  const offset = locate(scratch);
  const call = {
    input: locate(inputs.x),
    mask: locate(inputs.mask),
    weights: locate(inputs.weights),
    initialHidden: locate(inputs.initialHidden),
    initialCell: locate(inputs.initialCell),
    outputs: locate(outputs[0]),
    finalHidden: locate(state[0]),
    finalCell: locate(state[1]),
    gates: toByteOffset(offset, layout.gates),
    state: toByteOffset(offset, layout.state),
    batch,
    steps,
    inputs: inputLength,
    units,
    chunkSteps: layout.chunkSteps,
    goBackwards: Number(attributes.goBackwards),
    activation: RECURRENT_ACTIVATIONS.indexOf(attributes.activation),
    recurrentActivation: RECURRENT_ACTIVATIONS.indexOf(attributes.recurrentActivation),
  };
  writeCall(memory, { offset, call });
  kernels[run](offset);
  backend.disposeData(scratch.dataId);
  return [...state, ...outputs];
}

/** One vector: kernel, recurrent kernel and bias in panels, as kernels/recurrent/layer.ts finds them. */
function packWeights(
  { kernels, backend }: RecurrentInstance,
  { inputs, attrs }: KernelArguments,
): tf.TensorInfo[] {
  const { gates, hasRecurrentBias } = RECURRENT_CELLS[(attrs as { cell: RecurrentCellName }).cell];
  const { kernel, recurrentKernel, bias } = inputs;
  const inputLength = kernel?.shape[0] ?? 0;
  const units = recurrentKernel?.shape[0] ?? 0;
  const rowLength = padUnits(units);
  const matrixLength = (inputLength + units) * gates * rowLength;
  const length = matrixLength + (gates + Number(hasRecurrentBias)) * rowLength;
  const packed = backend.makeOutput([length], "float32");
  const locate = (tensor: tf.TensorInfo | undefined) => {
    return tensor ? backend.getMemoryOffset(tensor.dataId) : 0;
  };
  const target = locate(packed);
  const recurrentTarget = toByteOffset(target, inputLength * gates * rowLength);
  const biasTarget = toByteOffset(target, matrixLength);
  kernels.packMatrix(locate(kernel), inputLength, gates, units, target);
  kernels.packMatrix(locate(recurrentKernel), units, gates, units, recurrentTarget);
  backend.typedArrayFromHeap(packed).fill(0, matrixLength);
  if (bias) {
    kernels.addBias(locate(bias), gates, units, biasTarget);
  }
  if (bias && hasRecurrentBias) {
    // The two biases of z and r are only ever added; that of the candidate stands alone.
    const recurrentBias = toByteOffset(locate(bias), gates * units);
    const candidateBias = toByteOffset(recurrentBias, (gates - 1) * units);
    kernels.addBias(recurrentBias, gates - 1, units, biasTarget);
    kernels.addBias(candidateBias, 1, units, toByteOffset(biasTarget, gates * rowLength));
  }
  return [packed];
}

/** Runs one of the kernels above; inputs that are undefined are left out. */
export function runRecurrentKernel(
  name: typeof RECURRENT_KERNEL | typeof PACK_KERNEL,
  inputs: Record<string, Tensor | undefined>,
  attributes: object,
): Tensor[] {
  const present = Object.entries(inputs).filter(([, tensor]) => tensor !== undefined);
  return tf.engine().runKernel(
    name,
    Object.fromEntries(present) as tf.NamedTensorMap,
    attributes as tf.NamedAttrMap,
  ) as Tensor[];
}
