import { assertEquals, assertLessOrEqual, assertThrows } from "@std/assert";
import * as tf from "@tensorflow/tfjs-core";
import { layers, sequential } from "@tensorflow/tfjs-layers";
import type { DenseHead } from "../../../models/heads/dense_head.ts";
import { HeadRunner } from "../../../models/heads/head_runner.ts";
import { largestDifference, startTestBackend } from "../formats/test_backend.ts";
import { pattern } from "../formats/tflite_parts.ts";
import { makeHead, makeLayer } from "./head_fixtures.ts";

/** What tfjs's own dense layers make of the same weights. */
function predictWithTfjsLayers(head: DenseHead, features: tf.Tensor): Float32Array {
  const network = sequential();
  for (const { inputs, units, weights, bias, activation } of head.layers) {
    const dense = layers.dense({ units, activation, inputShape: [inputs] });
    network.add(dense);
    dense.setWeights([tf.tensor(weights, [inputs, units]), tf.tensor(bias)]);
  }
  const logits = network.predict(features) as tf.Tensor;
  return logits.dataSync() as Float32Array;
}

for (const count of [1, 9]) {
  Deno.test(`HeadRunner gives the logits of tfjs's dense layers for ${count} vectors`, async () => {
    await startTestBackend();
    const head = makeHead();
    const features = tf.tensor(pattern(count * 5, 3), [count, 5]);
    const expected = predictWithTfjsLayers(head, features);
    const runner = new HeadRunner(head);
    assertEquals([runner.featureLength, runner.classCount], [5, 3]);
    const logits = runner.apply(features);
    assertEquals(logits.shape, [count, 3]);
    assertLessOrEqual(largestDifference(logits.dataSync(), expected), 1e-5);
  });
}

Deno.test("HeadRunner leaves no tensor behind and keeps its input", async () => {
  await startTestBackend();
  const before = tf.memory().numTensors;
  const features = tf.ones([2, 5]);
  const runner = new HeadRunner(makeHead());
  runner.apply(features).dispose();
  const loaded = tf.memory().numTensors;
  runner.apply(features).dispose();
  assertEquals(tf.memory().numTensors, loaded);
  features.dispose();
  runner.dispose();
  runner.dispose();
  assertEquals(tf.memory().numTensors, before);
});

Deno.test("HeadRunner refuses other features, and to run once it is disposed", async () => {
  await startTestBackend();
  const runner = new HeadRunner({ layers: [makeLayer(2, 2)] });
  assertThrows(() => runner.apply(tf.ones([1, 3])), TypeError, "[n, 2]");
  assertThrows(() => runner.apply(tf.ones([2])), TypeError, "[n, 2]");
  assertThrows(() => runner.apply(tf.ones([1, 2], "int32")), TypeError, "float32");
  runner.dispose();
  assertThrows(() => runner.apply(tf.ones([1, 2])), TypeError, "it is disposed");
});

Deno.test("HeadRunner throws when the head cannot be run", () => {
  assertThrows(() => new HeadRunner({ layers: [] }), TypeError, "Cannot run head as it must have");
});
