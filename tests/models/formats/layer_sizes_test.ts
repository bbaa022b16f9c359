import { assertEquals, assertThrows } from "@std/assert";
import * as tf from "@tensorflow/tfjs-core";
import {
  input as createInput,
  layers,
  model as createModel,
  sequential,
} from "@tensorflow/tfjs-layers";
import type { SymbolicTensor } from "@tensorflow/tfjs-layers";
import { ServiceError } from "../../../lib/service_error.ts";
import { requireLayerSizes } from "../../../models/formats/layer_sizes.ts";
import { startTestBackend } from "./test_backend.ts";

await startTestBackend();

const conv = (name: string, kernelSize: number, inputShape?: (number | null)[]) => {
  return layers.conv1d({ name, filters: 2, kernelSize, ...(inputShape ? { inputShape } : {}) });
};

Deno.test("requireLayerSizes() names the layer whose window is larger than what it slides over", () => {
  const inner = sequential({ layers: [conv("second", 3, [null, 2]), conv("third", 2)] });
  const network = sequential({
    layers: [conv("first", 2, [null, 3]), inner, layers.globalMaxPooling1d({})],
  });
  const before = tf.memory().numTensors;
  requireLayerSizes(network, [1, 5, 3]);
  const cases: [number, string][] = [
    [4, '"third" gives [1, 0, 2]'],
    [3, '"second" gives [1, 0, 2]'],
    [1, '"first" gives [1, 0, 2]'],
  ];
  for (const [steps, rule] of cases) {
    const error = assertThrows(() => requireLayerSizes(network, [1, steps, 3]), ServiceError, rule);
    assertEquals(error.code, "model_unusable");
  }
  assertEquals(tf.memory().numTensors, before);
  network.dispose();
});

Deno.test("requireLayerSizes() follows branches, and layers with several outputs", () => {
  const series = createInput({ shape: [null, 2] });
  const recurrent = layers.lstm({
    units: 3,
    recurrentInitializer: "glorotNormal",
    returnSequences: true,
    returnState: true,
  });
  const [steps, hidden] = recurrent.apply(series) as SymbolicTensor[];
  const pooled = layers.maxPooling1d({ name: "pooled", poolSize: 4 }).apply(
    steps as SymbolicTensor,
  );
  const mean = layers.globalAveragePooling1d({}).apply(pooled) as SymbolicTensor;
  const joined = layers.concatenate().apply([mean, hidden as SymbolicTensor]) as SymbolicTensor;
  const network = createModel({ inputs: series, outputs: joined });
  requireLayerSizes(network, [1, 4, 2]);
  assertThrows(
    () => requireLayerSizes(network, [1, 3, 2]),
    ServiceError,
    '"pooled" gives [1, 0, 3]',
  );
  network.dispose();
});
