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
import { copyRow, FLOAT_BYTES, multiplyAdd, VECTOR_BYTES } from "./vectors";

// @ts-ignore: decorator
@inline
const GATES: i32 = 3;

/**
 * z, r = recurrentActivation(x K + h R + b), g = activation(x K + (r h) R + b);
 * h' = z h + (1 - z) g. Gates in the order z, r, g.
 */
export function runGru(call: LayerCall): void {
  startState(call);
  for (let step = 0; step < call.steps; step++) {
    const gates = startStep(call, step);
    const sampleBytes = call.chunkSteps * gateBytes(call, GATES);
    multiplyHidden(call, gates, 2);
    for (let sample = 0; sample < call.batch; sample++) {
      resetHidden(call, gates + sample * sampleBytes, sample);
    }
    accumulateProduct(
      call.candidate,
      call.rowBytes,
      call.batch,
      call.units,
      candidateWeights(call),
      call.paddedUnits,
      gates + 2 * call.rowBytes,
      sampleBytes,
    );
    for (let sample = 0; sample < call.batch; sample++) {
      if (isMasked(call, sample, step)) continue;
      mixHidden(call, gates + sample * sampleBytes, sample);
    }
    storeOutputs(call, step);
  }
  endState(call);
}

/**
 * The same, but reset after the product: g = activation(x K + b + r (h R + b')). This is the form of
 * cuDNN and PyTorch.
 */
export function runGruResetAfter(call: LayerCall): void {
  startState(call);
  for (let step = 0; step < call.steps; step++) {
    const gates = startStep(call, step);
    const sampleBytes = call.chunkSteps * gateBytes(call, GATES);
    multiplyHidden(call, gates, 2);
    const candidateBias = call.bias + GATES * call.rowBytes;
    for (let sample = 0; sample < call.batch; sample++) {
      copyRow(call.candidate + sample * call.rowBytes, candidateBias, call.paddedUnits);
    }
    accumulateProduct(
      call.hidden,
      call.rowBytes,
      call.batch,
      call.units,
      candidateWeights(call),
      call.paddedUnits,
      call.candidate,
      call.rowBytes,
    );
    saveHistory(call, 1, step, call.candidate);
    for (let sample = 0; sample < call.batch; sample++) {
      if (isMasked(call, sample, step)) continue;
      resetCandidate(call, gates + sample * sampleBytes, sample);
      mixHidden(call, gates + sample * sampleBytes, sample);
    }
    storeOutputs(call, step);
  }
  endState(call);
}

function startStep(call: LayerCall, step: i32): usize {
  if (step % call.chunkSteps == 0) {
    projectInputs(call, GATES, step, min(call.chunkSteps, call.steps - step));
  }
  saveHistory(call, 0, step, call.hidden);
  return gatesAt(call, GATES, step);
}

/** Adds h R to the first `count` gates. */
function multiplyHidden(call: LayerCall, gates: usize, count: i32): void {
  accumulateProduct(
    call.hidden,
    call.rowBytes,
    call.batch,
    call.units,
    recurrentWeights(call, GATES),
    count * call.paddedUnits,
    gates,
    call.chunkSteps * gateBytes(call, GATES),
  );
}

function candidateWeights(call: LayerCall): usize {
  return recurrentWeights(call, GATES) + 2 * call.paddedUnits * call.units * FLOAT_BYTES;
}

/** z and r, and r h for the product that follows. */
function resetHidden(call: LayerCall, gates: usize, sample: i32): void {
  const rowBytes = call.rowBytes;
  const hidden = call.hidden + sample * rowBytes;
  const target = call.candidate + sample * rowBytes;
  const reset = gates + rowBytes;
  activateGates(call, gates, 2);
  for (let at = 0; at < rowBytes; at += VECTOR_BYTES) {
    v128.store(target + at, f32x4.mul(v128.load(reset + at), v128.load(hidden + at)));
  }
}

/** z and r, and r (h R + b') added to the candidate. */
function resetCandidate(call: LayerCall, gates: usize, sample: i32): void {
  const rowBytes = call.rowBytes;
  const product = call.candidate + sample * rowBytes;
  const reset = gates + rowBytes;
  const candidate = reset + rowBytes;
  activateGates(call, gates, 2);
  for (let at = 0; at < rowBytes; at += VECTOR_BYTES) {
    const r = v128.load(reset + at);
    const sum = multiplyAdd(r, v128.load(product + at), v128.load(candidate + at));
    v128.store(candidate + at, sum);
  }
}

/** g, and h' = z h + (1 - z) g */
function mixHidden(call: LayerCall, gates: usize, sample: i32): void {
  const rowBytes = call.rowBytes;
  const hidden = call.hidden + sample * rowBytes;
  const candidate = gates + 2 * rowBytes;
  activateState(call, candidate);
  for (let at = 0; at < rowBytes; at += VECTOR_BYTES) {
    const g = v128.load(candidate + at);
    const h = v128.load(hidden + at);
    v128.store(hidden + at, multiplyAdd(v128.load(gates + at), f32x4.sub(h, g), g));
  }
}
