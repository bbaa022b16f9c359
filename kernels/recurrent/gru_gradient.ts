import { slopeAt } from "./activations";
import {
  addOutputGradients,
  endGradients,
  gateOffset,
  skipStep,
  startGradients,
} from "./gradient";
import { GradientCall } from "./gradient_call";
import { isMasked } from "./layer";
import { accumulateProduct } from "./multiply";
import { clearRow, FLOAT_BYTES, multiplyAdd, VECTOR_BYTES } from "./vectors";

// @ts-ignore: decorator
@inline
const GATES: i32 = 3;

/** Back-propagation through the steps of runGru(). */
export function runGruGradient(call: GradientCall): void {
  startGradients(call);
  for (let step = call.steps - 1; step >= 0; step--) {
    addOutputGradients(call, step);
    for (let sample = 0; sample < call.batch; sample++) {
      if (isMasked(call, sample, step)) skipStep(call, GATES, sample, step);
      else propagateMix(call, sample, step);
    }
    // By r h, which stands in the rows that the candidate has in the forward call.
    clearRow(call.candidate, call.batch * call.paddedUnits);
    multiply(call, gradientsAt(call, step) + 2 * call.rowBytes, 1, candidateWeights(call), call.candidate);
    for (let sample = 0; sample < call.batch; sample++) {
      if (!isMasked(call, sample, step)) propagateReset(call, sample, step);
    }
    multiply(call, gradientsAt(call, step), 2, call.transposed, call.hidden);
  }
  endGradients(call);
}

/** Back-propagation through the steps of runGruResetAfter(). */
export function runGruResetAfterGradient(call: GradientCall): void {
  startGradients(call);
  const productBytes = GATES * call.rowBytes;
  for (let step = call.steps - 1; step >= 0; step--) {
    addOutputGradients(call, step);
    for (let sample = 0; sample < call.batch; sample++) {
      if (isMasked(call, sample, step)) {
        skipStep(call, GATES, sample, step);
        clearRow(call.products + sample * productBytes, GATES * call.paddedUnits);
        continue;
      }
      propagateMix(call, sample, step);
      propagateResetAfter(call, sample, step);
    }
    accumulateProduct(
      call.products,
      productBytes,
      call.batch,
      GATES * call.paddedUnits,
      call.transposed,
      call.paddedUnits,
      call.hidden,
      call.rowBytes,
    );
  }
  endGradients(call);
}

function gradientsAt(call: GradientCall, step: i32): usize {
  return call.gateGradients + gateOffset(call, GATES, 0, step);
}

function candidateWeights(call: GradientCall): usize {
  return call.transposed + 2 * call.paddedUnits * call.paddedUnits * FLOAT_BYTES;
}

/** Adds the gradients of `count` gates, times their transposed weights, to the target. */
function multiply(
  call: GradientCall,
  gradients: usize,
  count: i32,
  weights: usize,
  target: usize,
): void {
  accumulateProduct(
    gradients,
    call.steps * GATES * call.rowBytes,
    call.batch,
    count * call.paddedUnits,
    weights,
    call.paddedUnits,
    target,
    call.rowBytes,
  );
}

/** Through h' = z h + (1 - z) g: leaves z times the gradient in the hidden row. */
function propagateMix(call: GradientCall, sample: i32, step: i32): void {
  const rowBytes = call.rowBytes;
  const offset = gateOffset(call, GATES, sample, step);
  const before = call.historyAt(0, step) + sample * rowBytes;
  const hidden = call.hidden + sample * rowBytes;
  for (let at = 0; at < rowBytes; at += VECTOR_BYTES) {
    const gate = call.gates + offset + at;
    const gradient = call.gateGradients + offset + at;
    const z = v128.load(gate);
    const g = v128.load(gate + 2 * rowBytes);
    const byHidden = v128.load(hidden + at);
    const byUpdate = f32x4.mul(byHidden, f32x4.sub(v128.load(before + at), g));
    const byCandidate = f32x4.mul(byHidden, f32x4.sub(f32x4.splat(1), z));
    v128.store(gradient, f32x4.mul(byUpdate, slopeAt(z, call.recurrentActivation)));
    v128.store(gradient + 2 * rowBytes, f32x4.mul(byCandidate, slopeAt(g, call.activation)));
    v128.store(hidden + at, f32x4.mul(byHidden, z));
  }
}

/** Through r h: the gradient by it stands in the candidate row. */
function propagateReset(call: GradientCall, sample: i32, step: i32): void {
  const rowBytes = call.rowBytes;
  const offset = gateOffset(call, GATES, sample, step) + rowBytes;
  const before = call.historyAt(0, step) + sample * rowBytes;
  const hidden = call.hidden + sample * rowBytes;
  const product = call.candidate + sample * rowBytes;
  for (let at = 0; at < rowBytes; at += VECTOR_BYTES) {
    const r = v128.load(call.gates + offset + at);
    const byProduct = v128.load(product + at);
    const byReset = f32x4.mul(byProduct, v128.load(before + at));
    const gradient = f32x4.mul(byReset, slopeAt(r, call.recurrentActivation));
    v128.store(call.gateGradients + offset + at, gradient);
    v128.store(hidden + at, multiplyAdd(byProduct, r, v128.load(hidden + at)));
  }
}

/** Through r (h R + b'), and the three gradients by h R + b' into the row of products. */
function propagateResetAfter(call: GradientCall, sample: i32, step: i32): void {
  const rowBytes = call.rowBytes;
  const offset = gateOffset(call, GATES, sample, step);
  const inner = call.historyAt(1, step) + sample * rowBytes;
  const product = call.products + sample * GATES * rowBytes;
  for (let at = 0; at < rowBytes; at += VECTOR_BYTES) {
    const gradient = call.gateGradients + offset + at;
    const r = v128.load(call.gates + offset + rowBytes + at);
    const byCandidate = v128.load(gradient + 2 * rowBytes);
    const byReset = f32x4.mul(byCandidate, v128.load(inner + at));
    const reset = f32x4.mul(byReset, slopeAt(r, call.recurrentActivation));
    v128.store(gradient + rowBytes, reset);
    v128.store(product + at, v128.load(gradient));
    v128.store(product + rowBytes + at, reset);
    v128.store(product + 2 * rowBytes + at, f32x4.mul(byCandidate, r));
  }
}
