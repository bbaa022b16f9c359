import {
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
import { copyRow } from "./vectors";

/** h' = activation(x K + h R + b) */
export function runSimpleRnn(call: LayerCall): void {
  startState(call);
  for (let step = 0; step < call.steps; step++) {
    if (step % call.chunkSteps == 0) {
      projectInputs(call, 1, step, min(call.chunkSteps, call.steps - step));
    }
    const gates = gatesAt(call, 1, step);
    saveHistory(call, 0, step, call.hidden);
    const sampleBytes = call.chunkSteps * gateBytes(call, 1);
    accumulateProduct(
      call.hidden,
      call.rowBytes,
      call.batch,
      call.units,
      recurrentWeights(call, 1),
      call.paddedUnits,
      gates,
      sampleBytes,
    );
    for (let sample = 0; sample < call.batch; sample++) {
      if (isMasked(call, sample, step)) continue;
      const row = gates + sample * sampleBytes;
      activateState(call, row);
      copyRow(call.hidden + sample * call.rowBytes, row, call.paddedUnits);
    }
    storeOutputs(call, step);
  }
  endState(call);
}
