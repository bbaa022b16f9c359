import { assertEquals, assertRejects } from "@std/assert";
import * as tf from "@tensorflow/tfjs-core";
import { layers } from "@tensorflow/tfjs-layers";
import { ServiceError } from "../../../lib/service_error.ts";
import { keepLayersModel } from "../../../models/formats/keep_layers_model.ts";
import { variableNames } from "../../../models/formats/tfjs_variables.ts";
import { makeLstm } from "./recurrent_fixtures.ts";
import { startTestBackend } from "./test_backend.ts";

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
