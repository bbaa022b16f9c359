import { assertEquals, assertLessOrEqual, assertThrows } from "@std/assert";
import * as tf from "@tensorflow/tfjs-core";
import { ServiceError } from "../../../lib/service_error.ts";
import { loadModel } from "../../../models/formats/load_model.ts";
import { attachHead } from "../../../models/heads/attach_head.ts";
import { largestDifference, startTestBackend } from "../formats/test_backend.ts";
import { makeTinyArtifact } from "../tiny_model.ts";
import { makeLayer } from "./head_fixtures.ts";

Deno.test("attachHead() lets several models share one backbone, which outlives them", async () => {
  await startTestBackend();
  const backbone = await loadModel(makeTinyArtifact().backbone);
  const before = tf.memory().numTensors;
  const heads = [2, 4].map((units) => ({ layers: [makeLayer(3, units, { seed: units })] }));
  const models = heads.map((head) => attachHead(backbone, head));
  const input = tf.tidy(() => tf.tile(tf.tensor([0.25, 0.5, 0.75], [1, 1, 1, 3]), [1, 8, 8, 1]));
  for (const [index, model] of models.entries()) {
    const { weights, bias, units } = heads[index]?.layers[0] ?? makeLayer(0, 0);
    // The feature vector of the tiny network is the mean of each channel.
    const expected = Array.from({ length: units }, (_, unit) => {
      const products = [0.25, 0.5, 0.75].map((x, i) => x * (weights[i * units + unit] ?? NaN));
      return products.reduce((sum, product) => sum + product, bias[unit] ?? NaN);
    });
    const { logits, features } = model.predict(input);
    assertEquals([model.classCount, model.outputActivation], [units, "softmax"]);
    assertLessOrEqual(largestDifference(logits.dataSync(), expected), 1e-5);
    assertLessOrEqual(largestDifference(features.dataSync(), [0.25, 0.5, 0.75]), 1e-6);
    tf.dispose([logits, features]);
    model.dispose();
  }
  tf.dispose(input);
  assertEquals(tf.memory().numTensors, before);
  backbone.dispose();
});

Deno.test("attachHead() refuses a head for feature vectors of another length", async () => {
  await startTestBackend();
  const backbone = await loadModel(makeTinyArtifact().backbone);
  const error = assertThrows(
    () => attachHead(backbone, { layers: [makeLayer(4, 2)] }),
    ServiceError,
    "it must take the backbone's 3 features: found 4",
  );
  assertEquals(error.code, "model_unusable");
  backbone.dispose();
});
