import type { TensorInfo } from "../tensors.ts";
import {
  CONSTANTS_AT,
  HEADER_LENGTH,
  STATE_ROWS,
  toByteOffset,
  writeCall,
} from "./recurrent_call.ts";
import {
  padUnits,
  RECURRENT_ACTIVATIONS,
  RECURRENT_CELLS,
  type RecurrentAttributes,
} from "./recurrent_cells.ts";
import {
  createLocate,
  type KernelArguments,
  type RecurrentInstance,
} from "./recurrent_instance.ts";

/**
 * Goes back through the steps of a layer. Inputs: `gates` and `history` that the layer kept, `mask`,
 * `transposed` (the recurrent kernel in panels), and the loss's gradients by the outputs
 * (`outputGradients`, if it reads them) and by the final state (`finalHiddenGradients`,
 * `finalCellGradients`).
 *
 * @returns gradients by the gates before activation `[batch, steps, gates, paddedUnits]`, by the
 * initial hidden state `[batch, units]`, and by the initial cell state of an LSTM
 */
export function runGradientKernel(
  { kernels, backend, memory }: RecurrentInstance,
  { inputs, attrs }: KernelArguments,
): TensorInfo[] {
  const { cell, units, ...attributes } = attrs as RecurrentAttributes;
  const { states, run } = RECURRENT_CELLS[cell];
  const [batch = 0, steps = 0, gates = 0] = inputs.gates?.shape ?? [];
  const rowLength = padUnits(units);
  const make = (shape: number[]) => backend.makeOutput(shape, "float32");
  const gateGradients = make([batch, steps, gates, rowLength]);
  const state = Array.from({ length: states }, () => make([batch, units]));
  const stateLength = STATE_ROWS * batch * rowLength;
  const scratch = make([HEADER_LENGTH + stateLength + batch * gates * rowLength]);
  const locate = createLocate(backend);
  const offset = locate(scratch);
  writeCall(memory, {
    offset,
    call: {
      mask: locate(inputs.mask),
      gates: locate(inputs.gates),
      state: toByteOffset(offset, HEADER_LENGTH),
      constants: toByteOffset(offset, CONSTANTS_AT),
      history: locate(inputs.history),
      batch,
      steps,
      units,
      chunkSteps: steps,
      goBackwards: Number(attributes.goBackwards),
      activation: RECURRENT_ACTIVATIONS.indexOf(attributes.activation),
      recurrentActivation: RECURRENT_ACTIVATIONS.indexOf(attributes.recurrentActivation),
      transposed: locate(inputs.transposed),
      outputGradients: locate(inputs.outputGradients),
      finalHiddenGradients: locate(inputs.finalHiddenGradients),
      finalCellGradients: locate(inputs.finalCellGradients),
      gateGradients: locate(gateGradients),
      initialHiddenGradients: locate(state[0]),
      initialCellGradients: locate(state[1]),
      products: toByteOffset(offset, HEADER_LENGTH + stateLength),
    },
  });
  kernels[`${run}Gradient`](offset);
  backend.disposeData(scratch.dataId);
  return [gateGradients, ...state];
}
