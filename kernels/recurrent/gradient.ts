import { GradientCall } from "./gradient_call";
import { storeConstants } from "./activations";
import { loadState, storeState } from "./layer";
import { clearRow, FLOAT_BYTES, LANES, VECTOR_BYTES } from "./vectors";

/** Puts the gradients by the final state into the scratch rows, and the constants where they are read. */
export function startGradients(call: GradientCall): void {
  storeConstants(call.constants);
  loadState(call, call.finalHiddenGradients, call.hidden);
  loadState(call, call.finalCellGradients, call.cell);
}

/** Gives the gradients by the initial state back. */
export function endGradients(call: GradientCall): void {
  storeState(call, call.hidden, call.initialHiddenGradients);
  storeState(call, call.cell, call.initialCellGradients);
}

/** Adds the gradients by the outputs of a step to those by the hidden state after it. */
export function addOutputGradients(call: GradientCall, step: i32): void {
  if (call.outputGradients == 0) return;
  const bytes = call.units * FLOAT_BYTES;
  for (let sample = 0; sample < call.batch; sample++) {
    let target = call.hidden + sample * call.rowBytes;
    let source = call.outputGradients + (sample * call.steps + step) * bytes;
    let unit = 0;
    for (; unit + LANES <= call.units; unit += LANES) {
      v128.store(target, f32x4.add(v128.load(target), v128.load(source)));
      target += VECTOR_BYTES;
      source += VECTOR_BYTES;
    }
    for (; unit < call.units; unit++) {
      f32.store(target, f32.load(target) + f32.load(source));
      target += FLOAT_BYTES;
      source += FLOAT_BYTES;
    }
  }
}

/** Offset of the gates of a sample at a step, and of their gradients. */
// @ts-ignore: decorator
@inline
export function gateOffset(call: GradientCall, gates: i32, sample: i32, step: i32): i32 {
  const row = call.goBackwards ? call.steps - 1 - step : step;
  return (sample * call.steps + row) * gates * call.rowBytes;
}

/** A step that the mask takes out moves nothing, and hands the gradients by the state through. */
export function skipStep(call: GradientCall, gates: i32, sample: i32, step: i32): void {
  const target = call.gateGradients + gateOffset(call, gates, sample, step);
  clearRow(target, gates * call.paddedUnits);
}
