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
import { VECTOR_BYTES } from "./vectors";

/** Back-propagation through the steps of runSimpleRnn(). */
export function runSimpleRnnGradient(call: GradientCall): void {
  startGradients(call);
  for (let step = call.steps - 1; step >= 0; step--) {
    addOutputGradients(call, step);
    for (let sample = 0; sample < call.batch; sample++) {
      if (isMasked(call, sample, step)) skipStep(call, 1, sample, step);
      else propagate(call, sample, step);
    }
    accumulateProduct(
      call.gateGradients + gateOffset(call, 1, 0, step),
      call.steps * call.rowBytes,
      call.batch,
      call.paddedUnits,
      call.transposed,
      call.paddedUnits,
      call.hidden,
      call.rowBytes,
    );
  }
  endGradients(call);
}

function propagate(call: GradientCall, sample: i32, step: i32): void {
  const offset = gateOffset(call, 1, sample, step);
  let value = call.gates + offset;
  let gradient = call.gateGradients + offset;
  let hidden = call.hidden + sample * call.rowBytes;
  for (const end = value + call.rowBytes; value < end; value += VECTOR_BYTES) {
    const slope = slopeAt(v128.load(value), call.activation);
    v128.store(gradient, f32x4.mul(v128.load(hidden), slope));
    // The product adds what the step before gets.
    v128.store(hidden, f32x4.splat(0));
    gradient += VECTOR_BYTES;
    hidden += VECTOR_BYTES;
  }
}
