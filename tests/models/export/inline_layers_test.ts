import { assertEquals, assertLessOrEqual, assertThrows } from "@std/assert";
import * as tf from "@tensorflow/tfjs-core";
import {
  input as createInput,
  layers,
  model as createModel,
  sequential,
} from "@tensorflow/tfjs-layers";
import { ServiceError } from "../../../lib/service_error.ts";
import { inlineLayers } from "../../../models/export/inline_layers.ts";
import { KerasNetwork } from "../../../models/export/keras_network.ts";
import { storeWeights } from "../../../models/export/weight_storage.ts";
import { checkModel } from "../../../models/archive/check_model.ts";
import type { LayersNetwork, LayerValue } from "../../../models/tensors.ts";
import { encodeJson } from "../archive/archive_fixtures.ts";
import { largestDifference, startTestBackend } from "../formats/test_backend.ts";
import { loadExported } from "./load_exported.ts";

await startTestBackend();

const TEACHABLE_ZIP = new URL(
  "../../../../shared/teachable-machine/tiny-image-model.zip",
  import.meta.url,
);
const hasZip = await Deno.stat(TEACHABLE_ZIP).then(() => true, () => false);

/** The same network without models inside, as a user would load it. */
function inlineAll(model: LayersNetwork): Promise<LayersNetwork> {
  const network = new KerasNetwork((model.inputs[0]?.shape ?? []).slice(1) as number[]);
  const value = model.outputs[0] as LayerValue;
  const output = inlineLayers(network, { model, from: network.input, value });
  const { specs, bytes } = storeWeights(network.weights, "float32");
  const json = {
    modelTopology: network.toTopology(output),
    weightsManifest: [{ paths: ["weights.bin"], weights: specs }],
  };
  return loadExported(new Map([["model.json", encodeJson(json)], ["weights.bin", bytes]]));
}

async function assertSame(model: LayersNetwork): Promise<void> {
  const sizes = (model.inputs[0]?.shape ?? []).slice(1) as number[];
  const input = tf.randomUniform([2, ...sizes], -1, 1, "float32", 7);
  const expected = model.predict(input) as tf.Tensor;
  const found = (await inlineAll(model)).predict(input) as tf.Tensor;
  assertEquals(found.shape, expected.shape);
  assertLessOrEqual(largestDifference(found.dataSync(), expected.dataSync()), 1e-5);
}

Deno.test("inlineLayers() keeps what a model with shared and nested models gives", async () => {
  const block = sequential({
    layers: [
      layers.separableConv2d({ filters: 3, kernelSize: 3, padding: "same", inputShape: [6, 6, 3] }),
      layers.batchNormalization({ betaInitializer: "ones" }),
      layers.activation({ activation: "relu" }),
    ],
  });
  const input = createInput({ shape: [6, 6, 3] });
  const once = block.apply(input) as LayerValue;
  const twice = block.apply(once) as LayerValue;
  const sum = layers.add().apply([input, twice]) as LayerValue;
  const joined = layers.concatenate({ axis: -1 }).apply([sum, once]) as LayerValue;
  const pooled = layers.globalAveragePooling2d({}).apply(joined) as LayerValue;
  await assertSame(createModel({ inputs: input, outputs: pooled }));
});

Deno.test("inlineLayers() adds nothing for the input itself", () => {
  const input = createInput({ shape: [2] });
  const output = layers.dense({ units: 1 }).apply(input) as LayerValue;
  const network = new KerasNetwork([2]);
  const model = createModel({ inputs: input, outputs: output });
  assertEquals(inlineLayers(network, { model, from: "image", value: input }), "image");
  assertEquals(network.weights, []);
});

Deno.test("inlineLayers() refuses recurrent layers by name", () => {
  const model = sequential({
    layers: [
      layers.lstm({ units: 2, inputShape: [3, 4], name: "memory", recurrentInitializer: "zeros" }),
    ],
  });
  const value = model.outputs[0] as LayerValue;
  const error = assertThrows(
    () => inlineLayers(new KerasNetwork([3, 4]), { model, from: "image", value }),
    ServiceError,
    'layer "memory" (LSTM) is not supported',
  );
  assertEquals(error.code, "unsupported_operator");
});

Deno.test({
  name: "inlineLayers() keeps what a model of Teachable Machine gives (needs ../shared)",
  ignore: !hasZip,
  fn: async () => {
    const { files } = await checkModel(await Deno.readFile(TEACHABLE_ZIP));
    await assertSame(await loadExported(files));
  },
});
