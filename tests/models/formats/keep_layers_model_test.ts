import { assertEquals, assertRejects } from "@std/assert";
import * as tf from "@tensorflow/tfjs-core";
import { layers, sequential } from "@tensorflow/tfjs-layers";
import { ServiceError } from "../../../lib/service_error.ts";
import { keepLayersModel } from "../../../models/formats/keep_layers_model.ts";
import { variableNames } from "../../../models/formats/tfjs_variables.ts";
import { makeLstm } from "./recurrent_fixtures.ts";
import { startTestBackend } from "./test_backend.ts";
import { saveLayersModel } from "./tfjs_fixtures.ts";

await startTestBackend();

function countAll(): number[] {
  return [tf.memory().numTensors, variableNames().length];
}

Deno.test("keepLayersModel() keeps a model that works, and frees it with what was built on it", async () => {
  const files = await makeLstm();
  const before = countAll();
  const { model, free } = await keepLayersModel(files, (model, free) => {
    layers.dense({ units: 1 }).apply(tf.zeros([1, 1]));
    return { model, free };
  });
  const scores = tf.tidy(() => (model.predict(tf.tensor2d([[1, 4]])) as tf.Tensor).shape);
  assertEquals(scores, [1, 4]);
  free();
  assertEquals(countAll(), before);
});

Deno.test("keepLayersModel() leaves nothing where the model cannot be used", async () => {
  const files = await makeLstm();
  const before = countAll();
  const refusal = new ServiceError("model_unusable", "no");
  const refused = () =>
    keepLayersModel(files, () => {
      throw refusal;
    });
  assertEquals(await assertRejects(refused, ServiceError), refusal);
  await assertRejects(() => keepLayersModel(new Map(), () => {}), ServiceError);
  assertEquals(countAll(), before);
});

Deno.test("keepLayersModel() makes stateful layers start from zeros in every call", async () => {
  const settings = { units: 3, stateful: true, recurrentInitializer: "glorotNormal" } as const;
  const both = layers.bidirectional({
    layer: layers.gru({
      ...settings,
      recurrentActivation: "sigmoid",
      returnSequences: true,
    }) as never,
    mergeMode: "concat",
    batchInputShape: [1, null, 2],
  });
  // The kernels do not run this one.
  const last = layers.lstm({ ...settings, activation: "elu", batchInputShape: [1, null, 6] });
  const network = sequential({ layers: [both, sequential({ layers: [last] })] });
  const files = await saveLayersModel(network);
  network.dispose();
  const before = countAll();
  const { model, free } = await keepLayersModel(files, (model, free) => ({ model, free }));
  const run = (seed: number) => {
    return tf.tidy(() => {
      const series = tf.randomUniform([1, 5, 2], -1, 1, "float32", seed);
      return [...(model.predict(series) as tf.Tensor).dataSync()] as unknown as tf.TensorContainer;
    });
  };
  const first = run(1);
  run(2);
  assertEquals(run(1), first);
  free();
  assertEquals(countAll(), before);
});
