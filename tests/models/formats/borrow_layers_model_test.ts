import { assertEquals, assertRejects } from "@std/assert";
import * as tf from "@tensorflow/tfjs-core";
import { ServiceError } from "../../../lib/service_error.ts";
import { borrowLayersModel } from "../../../models/formats/borrow_layers_model.ts";
import { variableNames } from "../../../models/formats/tfjs_variables.ts";
import { makeLstm } from "./recurrent_fixtures.ts";
import { startTestBackend } from "./test_backend.ts";

await startTestBackend();

Deno.test("borrowLayersModel() frees the model, and leaves what is kept of it", async () => {
  const files = await makeLstm();
  const before = [tf.memory().numTensors, variableNames().length];
  const kept = await borrowLayersModel(files, (model) => {
    const [weight] = model.getWeights();
    tf.clone(weight as tf.Tensor);
    return tf.keep(tf.clone(weight as tf.Tensor));
  });
  assertEquals(kept.shape, [5, 2]);
  kept.dispose();
  assertEquals([tf.memory().numTensors, variableNames().length], before);
});

Deno.test("borrowLayersModel() frees the model when it cannot be used", async () => {
  const files = await makeLstm();
  const before = tf.memory().numTensors;
  const refusal = new ServiceError("model_unusable", "no");
  const refused = () =>
    borrowLayersModel(files, () => {
      throw refusal;
    });
  assertEquals(await assertRejects(refused, ServiceError), refusal);
  await assertRejects(() => borrowLayersModel(new Map(), () => {}), ServiceError);
  assertEquals(tf.memory().numTensors, before);
});
