import type { BackendWasm } from "@tensorflow/tfjs-backend-wasm";
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
import type { RecurrentExports } from "./recurrent_module.ts";

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

/** The WASM backend with the memory of its Emscripten module. */
interface Backend extends BackendWasm {
  wasm: BackendWasm["wasm"] & { asm: { memory: WebAssembly.Memory } };
}

interface KernelArguments {
  // Keys of optional inputs are absent.
  inputs: Record<string, tf.TensorInfo | undefined>;
  attrs: unknown;
  backend: unknown;
}

/**
 * Registers the recurrent kernels with TensorFlow.js: `runRecurrent()` and `packRecurrentWeights()`
 * call them. They work in place on the memory of the WASM backend, which must be the active one.
 *
 * @param module as `loadRecurrentModule()` gives it
 * @throws {Error} if the WASM backend is not active, or the kernels are registered already
 */
export function registerRecurrentKernels(module: WebAssembly.Module): void {
  if (tf.getBackend() !== "wasm") {
    throw new Error(
      `Cannot register recurrent kernels as the backend must be wasm: it is ${tf.getBackend()}`,
    );
  }
  if (hasRecurrentKernels()) throw new Error("Cannot register recurrent kernels a second time");
  const { memory } = (tf.backend() as Backend).wasm.asm;
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  const kernels = exports as unknown as RecurrentExports;
  const register = (kernelName: string, run: (call: KernelArguments) => tf.TensorInfo[]) => {
    const kernelFunc = (call: unknown) => run(call as KernelArguments);
    tf.registerKernel({ kernelName, backendName: "wasm", kernelFunc });
  };
  register(RECURRENT_KERNEL, (call) => runLayer(kernels, call));
  register(PACK_KERNEL, (call) => packWeights(kernels, call));
}

/** Whether the active backend has the recurrent kernels. */
export function hasRecurrentKernels(): boolean {
  return tf.getKernel(RECURRENT_KERNEL, tf.getBackend()) !== undefined;
}

/** `[hidden, cell (LSTM), outputs (where asked for)]` */
function runLayer(kernels: RecurrentExports, { inputs, attrs, backend }: KernelArguments) {
  const wasm = backend as Backend;
  const { cell, units, ...attributes } = attrs as RecurrentAttributes;
  const { states, run } = RECURRENT_CELLS[cell];
  const [batch = 0, steps = 0, inputLength = 0] = inputs.x?.shape ?? [];
  const state = Array.from({ length: states }, () => wasm.makeOutput([batch, units], "float32"));
  const outputs = attributes.returnSequences
    ? [wasm.makeOutput([batch, steps, units], "float32")]
    : [];
  const layout = layOutScratch({ cell, batch, steps, units });
  const scratch = wasm.makeOutput([layout.length], "float32");
  const locate = (tensor: tf.TensorInfo | undefined) => {
    return tensor ? wasm.getMemoryOffset(tensor.dataId) : 0;
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
  writeCall(wasm.wasm.asm.memory, { offset, call });
  kernels[run](offset);
  wasm.disposeData(scratch.dataId);
  return [...state, ...outputs];
}

/** One vector: kernel, recurrent kernel and bias in panels, as kernels/recurrent/layer.ts finds them. */
function packWeights(kernels: RecurrentExports, { inputs, attrs, backend }: KernelArguments) {
  const wasm = backend as Backend;
  const { gates, hasRecurrentBias } = RECURRENT_CELLS[(attrs as { cell: RecurrentCellName }).cell];
  const { kernel, recurrentKernel, bias } = inputs;
  const inputLength = kernel?.shape[0] ?? 0;
  const units = recurrentKernel?.shape[0] ?? 0;
  const rowLength = padUnits(units);
  const matrixLength = (inputLength + units) * gates * rowLength;
  const length = matrixLength + (gates + Number(hasRecurrentBias)) * rowLength;
  const packed = wasm.makeOutput([length], "float32");
  const locate = (tensor: tf.TensorInfo | undefined) => {
    return tensor ? wasm.getMemoryOffset(tensor.dataId) : 0;
  };
  const target = locate(packed);
  const recurrentTarget = toByteOffset(target, inputLength * gates * rowLength);
  const biasTarget = toByteOffset(target, matrixLength);
  kernels.packMatrix(locate(kernel), inputLength, gates, units, target);
  kernels.packMatrix(locate(recurrentKernel), units, gates, units, recurrentTarget);
  wasm.typedArrayFromHeap(packed).fill(0, matrixLength);
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
