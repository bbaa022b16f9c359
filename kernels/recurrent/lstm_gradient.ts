import { slopeAt } from "./activations";
import {
  addOutputGradients,
  endGradients,
  gateOffset,
  skipStep,
  startGradients,
} from "./gradient";
import { GradientCall } from "./gradient_call";
import { activateState, isMasked } from "./layer";
import { accumulateProduct } from "./multiply";
import { copyRow, multiplyAdd, VECTOR_BYTES } from "./vectors";

// @ts-ignore: decorator
@inline
const GATES: i32 = 4;

/** Back-propagation through the steps of runLstm(). */
export function runLstmGradient(call: GradientCall): void {
  startGradients(call);
  for (let step = call.steps - 1; step >= 0; step--) {
    addOutputGradients(call, step);
    for (let sample = 0; sample < call.batch; sample++) {
      if (isMasked(call, sample, step)) skipStep(call, GATES, sample, step);
      else propagate(call, sample, step);
    }
    accumulateProduct(
      call.gateGradients + gateOffset(call, GATES, 0, step),
      call.steps * GATES * call.rowBytes,
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

function propagate(call: GradientCall, sample: i32, step: i32): void {
  const rowBytes = call.rowBytes;
  const activation = call.activation;
  const recurrentActivation = call.recurrentActivation;
  const offset = gateOffset(call, GATES, sample, step);
  const before = call.historyAt(1, step) + sample * rowBytes;
  const after = call.historyAt(1, step + 1) + sample * rowBytes;
  const hidden = call.hidden + sample * rowBytes;
  const cell = call.cell + sample * rowBytes;
  const squashed = call.candidate + sample * rowBytes;
  copyRow(squashed, after, call.paddedUnits);
  activateState(call, squashed);
  for (let at = 0; at < rowBytes; at += VECTOR_BYTES) {
    const gate = call.gates + offset + at;
    const gradient = call.gateGradients + offset + at;
    const i = v128.load(gate);
    const f = v128.load(gate + rowBytes);
    const g = v128.load(gate + 2 * rowBytes);
    const o = v128.load(gate + 3 * rowBytes);
    const y = v128.load(squashed + at);
    // h' = o y, y = activation(c'), c' = f c + i g
    const byHidden = v128.load(hidden + at);
    const byOutput = f32x4.mul(byHidden, y);
    const slope = f32x4.mul(o, slopeAt(y, activation));
    const byCell = multiplyAdd(byHidden, slope, v128.load(cell + at));
    const byInput = f32x4.mul(byCell, g);
    const byForget = f32x4.mul(byCell, v128.load(before + at));
    const byCandidate = f32x4.mul(byCell, i);
    v128.store(gradient, f32x4.mul(byInput, slopeAt(i, recurrentActivation)));
    v128.store(gradient + rowBytes, f32x4.mul(byForget, slopeAt(f, recurrentActivation)));
    v128.store(gradient + 2 * rowBytes, f32x4.mul(byCandidate, slopeAt(g, activation)));
    v128.store(gradient + 3 * rowBytes, f32x4.mul(byOutput, slopeAt(o, recurrentActivation)));
    v128.store(cell + at, f32x4.mul(byCell, f));
    // The product adds what the step before gets.
    v128.store(hidden + at, f32x4.splat(0));
  }
}
