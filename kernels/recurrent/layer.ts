import { activateRow, storeConstants } from "./activations";
import { LayerCall } from "./layer_call";
import { accumulateProduct } from "./multiply";
import { clearRow, copyRow, FLOAT_BYTES } from "./vectors";

/** Bytes of the gates of one step of one sample. */
// @ts-ignore: decorator
@inline
export function gateBytes(call: LayerCall, gates: i32): i32 {
  return gates * call.rowBytes;
}

/** Packed weights of the input: [inputs, gates * paddedUnits]. */
// @ts-ignore: decorator
@inline
export function inputWeights(call: LayerCall): usize {
  return call.weights;
}

/** Packed weights of the hidden state: [units, gates * paddedUnits]. */
// @ts-ignore: decorator
@inline
export function recurrentWeights(call: LayerCall, gates: i32): usize {
  return call.weights + call.inputs * gateBytes(call, gates);
}

/** Puts the initial state into the scratch rows, and the constants where they are read. */
export function startState(call: LayerCall): void {
  storeConstants(call.constants);
  loadState(call, call.initialHidden, call.hidden);
  loadState(call, call.initialCell, call.cell);
}

export function loadState(call: LayerCall, source: usize, target: usize): void {
  clearRow(target, call.batch * call.paddedUnits);
  if (source == 0) return;
  for (let sample = 0; sample < call.batch; sample++) {
    const offset = sample * call.units * FLOAT_BYTES;
    copyRow(target + sample * call.rowBytes, source + offset, call.units);
  }
}

/** Gives the final state back. */
export function endState(call: LayerCall): void {
  storeState(call, call.hidden, call.finalHidden);
  storeState(call, call.cell, call.finalCell);
}

export function storeState(call: LayerCall, source: usize, target: usize): void {
  if (target == 0) return;
  for (let sample = 0; sample < call.batch; sample++) {
    const offset = sample * call.units * FLOAT_BYTES;
    copyRow(target + offset, source + sample * call.rowBytes, call.units);
  }
}

/**
 * Computes bias + input * weights for the steps [first, first + count): one matrix product over
 * all of them. Without an input, the host has put that into the gates.
 */
export function projectInputs(call: LayerCall, gates: i32, first: i32, count: i32): void {
  if (call.input == 0) return;
  const bytes = gateBytes(call, gates);
  const inputBytes = call.inputs * FLOAT_BYTES;
  const from = call.goBackwards ? call.steps - first - count : first;
  for (let sample = 0; sample < call.batch; sample++) {
    const rows = call.gates + sample * call.chunkSteps * bytes;
    for (let row = 0; row < count; row++) copyRow(rows + row * bytes, call.bias, bytes / FLOAT_BYTES);
  }
  // The longer of the two axes makes the rows, so that most of them fall into tiles.
  const isStepwise = call.batch > count;
  const rows = isStepwise ? call.batch : count;
  const sampleBytes = call.steps * inputBytes;
  const sampleGateBytes = call.chunkSteps * bytes;
  const products = isStepwise ? count : call.batch;
  for (let other = 0; other < products; other++) {
    accumulateProduct(
      call.input + from * inputBytes + other * (isStepwise ? inputBytes : sampleBytes),
      isStepwise ? sampleBytes : inputBytes,
      rows,
      call.inputs,
      inputWeights(call),
      bytes / FLOAT_BYTES,
      call.gates + other * (isStepwise ? bytes : sampleGateBytes),
      isStepwise ? sampleGateBytes : bytes,
    );
  }
}

/** Applies the activation of gates to `count` rows. */
export function activateGates(call: LayerCall, rows: usize, count: i32): void {
  activateRow(rows, count * call.rowBytes, call.recurrentActivation, call.constants);
}

/** Applies the activation of the candidate, and of the cell state, to a row. */
export function activateState(call: LayerCall, row: usize): void {
  activateRow(row, call.rowBytes, call.activation, call.constants);
}

/** Gates of the first sample at a step; those of the next are `chunkSteps` further. */
export function gatesAt(call: LayerCall, gates: i32, step: i32): usize {
  const first = step - step % call.chunkSteps;
  const count = min(call.chunkSteps, call.steps - first);
  const row = call.goBackwards ? first + count - 1 - step : step - first;
  return call.gates + row * gateBytes(call, gates);
}

/** Keeps a row of the state, as it is before a step, for the gradient. */
export function saveHistory(call: LayerCall, row: i32, step: i32, state: usize): void {
  if (call.history == 0) return;
  copyRow(call.historyAt(row, step), state, call.batch * call.paddedUnits);
}

/** Whether the mask takes a sample out at a step. */
// @ts-ignore: decorator
@inline
export function isMasked(call: LayerCall, sample: i32, step: i32): bool {
  if (call.mask == 0) return false;
  const index = call.goBackwards ? call.steps - 1 - step : step;
  return load<u8>(call.mask + sample * call.steps + index) == 0;
}

/** Writes the hidden state of all samples as the output of a step. */
export function storeOutputs(call: LayerCall, step: i32): void {
  if (call.outputs == 0) return;
  const bytes = call.units * FLOAT_BYTES;
  for (let sample = 0; sample < call.batch; sample++) {
    const target = call.outputs + (sample * call.steps + step) * bytes;
    copyRow(target, call.hidden + sample * call.rowBytes, call.units);
  }
}
