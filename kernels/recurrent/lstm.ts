import { activate } from "./activations";
import {
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
  const activation = call.activation;
  const recurrentActivation = call.recurrentActivation;
  const rowBytes = call.rowBytes;
  let hidden = call.hidden + sample * rowBytes;
  let cell = call.cell + sample * rowBytes;
  let input = gates;
  let forget = input + rowBytes;
  let candidate = forget + rowBytes;
  let output = candidate + rowBytes;
  for (const end = gates + rowBytes; input < end;) {
    const i = activate(v128.load(input), recurrentActivation);
    const f = activate(v128.load(forget), recurrentActivation);
    const g = activate(v128.load(candidate), activation);
    const o = activate(v128.load(output), recurrentActivation);
    const c = multiplyAdd(f, v128.load(cell), f32x4.mul(i, g));
    v128.store(cell, c);
    v128.store(hidden, f32x4.mul(o, activate(c, activation)));
    input += VECTOR_BYTES;
    forget += VECTOR_BYTES;
    candidate += VECTOR_BYTES;
    output += VECTOR_BYTES;
    cell += VECTOR_BYTES;
    hidden += VECTOR_BYTES;
  }
}
