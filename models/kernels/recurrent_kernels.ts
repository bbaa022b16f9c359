import * as tf from "@tensorflow/tfjs-core";
import type { Tensor } from "../tensors.ts";
import { runGradientKernel } from "./gradient_kernel.ts";
import {
  CONSTANTS_AT,
  countBias,
  layOutScratch,
  LINE_LENGTH,
  locatePacked,
  toByteOffset,
  writeCall,
} from "./recurrent_call.ts";
import {
  padUnits,
  RECURRENT_ACTIVATIONS,
  RECURRENT_CELLS,
  type RecurrentAttributes,
  type RecurrentCellName,
} from "./recurrent_cells.ts";
import {
  createLocate,
  type KernelArguments,
  type RecurrentInstance,
  startRecurrentInstance,
} from "./recurrent_instance.ts";

/** Name of the kernel that runs a layer. */
export const RECURRENT_KERNEL = "FusedRecurrent";
/** Name of the kernel that packs the weights of a layer. */
export const PACK_KERNEL = "PackRecurrentWeights";
/** Name of the kernel that goes back through the steps of a layer. */
export const GRADIENT_KERNEL = "FusedRecurrentGradient";

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
  register(GRADIENT_KERNEL, runGradientKernel);
}

/** Whether the active backend has the recurrent kernels. */
export function hasRecurrentKernels(): boolean {
  return tf.getKernel(RECURRENT_KERNEL, tf.getBackend()) !== undefined;
}

/** `[hidden, cell (LSTM), outputs (where asked for), gates and history (where kept)]` */
function runLayer(
  { kernels, backend, memory }: RecurrentInstance,
  { inputs, attrs }: KernelArguments,
): tf.TensorInfo[] {
  const attributes = attrs as RecurrentAttributes;
  const { cell, units, returnSequences, keepHistory } = attributes;
  const { states, gates, historyRows, run } = RECURRENT_CELLS[cell];
  const [batch = 0, steps = 0, inputLength = 0] = inputs.x?.shape ?? [];
  const make = (shape: number[]) => backend.makeOutput(shape, "float32");
  const rowLength = padUnits(units);
  const state = Array.from({ length: states }, () => make([batch, units]));
  const outputs = returnSequences ? [make([batch, steps, units])] : [];
  const kept = keepHistory
    ? [make([batch, steps, gates, rowLength]), make([historyRows, steps + 1, batch, rowLength])]
    : [];
  const layout = layOutScratch({ cell, batch, steps, units });
  const scratch = make([layout.length]);
  const locate = createLocate(backend);
  const offset = locate(scratch);
  writeCall(memory, {
    offset,
    call: {
      input: locate(inputs.x),
      mask: locate(inputs.mask),
      ...locatePacked(locate(inputs.weights), { cell, units }),
      initialHidden: locate(inputs.initialHidden),
      initialCell: locate(inputs.initialCell),
      outputs: locate(outputs[0]),
      finalHidden: locate(state[0]),
      finalCell: locate(state[1]),
      gates: keepHistory ? locate(kept[0]) : toByteOffset(offset, layout.gates),
      state: toByteOffset(offset, layout.state),
      constants: toByteOffset(offset, CONSTANTS_AT),
      history: locate(kept[1]),
      batch,
      steps,
      inputs: inputLength,
      units,
      // What is kept, is kept of all steps.
      chunkSteps: keepHistory ? steps : layout.chunkSteps,
      goBackwards: Number(attributes.goBackwards),
      activation: RECURRENT_ACTIVATIONS.indexOf(attributes.activation),
      recurrentActivation: RECURRENT_ACTIVATIONS.indexOf(attributes.recurrentActivation),
    },
  });
  kernels[run](offset);
  backend.disposeData(scratch.dataId);
  return [...state, ...outputs, ...kept];
}

/** One vector: bias, then kernel and recurrent kernel in panels; see `locatePacked()`. */
function packWeights(
  { kernels, backend }: RecurrentInstance,
  { inputs, attrs }: KernelArguments,
): tf.TensorInfo[] {
  const { cell } = attrs as { cell: RecurrentCellName };
  const { gates, hasRecurrentBias } = RECURRENT_CELLS[cell];
  const { kernel, recurrentKernel, bias } = inputs;
  const inputLength = kernel?.shape[0] ?? 0;
  const units = recurrentKernel?.shape[0] ?? 0;
  const rowLength = padUnits(units);
  const matrixLength = (inputLength + units) * gates * rowLength;
  const biasLength = countBias({ cell, units });
  const packed = backend.makeOutput([biasLength + LINE_LENGTH + matrixLength], "float32");
  const locate = createLocate(backend);
  const { weights: target, bias: biasTarget } = locatePacked(locate(packed), { cell, units });
  const recurrentTarget = toByteOffset(target, inputLength * gates * rowLength);
  kernels.packMatrix(locate(kernel), inputLength, gates, units, target);
  kernels.packMatrix(locate(recurrentKernel), units, gates, units, recurrentTarget);
  backend.typedArrayFromHeap(packed).fill(0, 0, biasLength);
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

/** Runs one of the recurrent kernels; inputs that are undefined are left out. */
export function runRecurrentKernel(
  name: string,
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
