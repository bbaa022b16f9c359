import {
  activateGates,
  activateState,
  endState,
  gateBytes,
  gatesAt,
  isMasked,
  projectInputs,
  recurrentWeights,
  saveHistory,
  startState,
  storeOutputs,
} from "./layer";
import { LayerCall } from "./layer_call";
import { accumulateProduct } from "./multiply";
import { multiplyAdd, VECTOR_BYTES } from "./vectors";

// @ts-ignore: decorator
@inline
const GATES: i32 = 4;

/**
 * i, f, o = recurrentActivation(x K + h R + b), g = activation(x K + h R + b);
 * c' = f c + i g, h' = o activation(c'). Gates in the order i, f, g, o.
 */
export function runLstm(call: LayerCall): void {
  startState(call);
  for (let step = 0; step < call.steps; step++) {
    if (step % call.chunkSteps == 0) {
      projectInputs(call, GATES, step, min(call.chunkSteps, call.steps - step));
    }
    const gates = gatesAt(call, GATES, step);
    saveHistory(call, 0, step, call.hidden);
    saveHistory(call, 1, step, call.cell);
    const sampleBytes = call.chunkSteps * gateBytes(call, GATES);
    accumulateProduct(
      call.hidden,
      call.rowBytes,
      call.batch,
      call.units,
      recurrentWeights(call, GATES),
      GATES * call.paddedUnits,
      gates,
      sampleBytes,
    );
    for (let sample = 0; sample < call.batch; sample++) {
      if (isMasked(call, sample, step)) continue;
      updateState(call, gates + sample * sampleBytes, sample);
    }
    storeOutputs(call, step);
  }
  saveHistory(call, 1, call.steps, call.cell);
  endState(call);
}

function updateState(call: LayerCall, gates: usize, sample: i32): void {
  const rowBytes = call.rowBytes;
  const hidden = call.hidden + sample * rowBytes;
  const cell = call.cell + sample * rowBytes;
  const forget = gates + rowBytes;
  const candidate = forget + rowBytes;
  const output = candidate + rowBytes;
  activateGates(call, gates, 2);
  activateState(call, candidate);
  activateGates(call, output, 1);
  for (let at = 0; at < rowBytes; at += VECTOR_BYTES) {
    const added = f32x4.mul(v128.load(gates + at), v128.load(candidate + at));
    const c = multiplyAdd(v128.load(forget + at), v128.load(cell + at), added);
    v128.store(cell + at, c);
    v128.store(hidden + at, c);
  }
  activateState(call, hidden);
  for (let at = 0; at < rowBytes; at += VECTOR_BYTES) {
    v128.store(hidden + at, f32x4.mul(v128.load(output + at), v128.load(hidden + at)));
  }
}
