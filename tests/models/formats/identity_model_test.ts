import { assertEquals, assertThrows } from "@std/assert";
import * as tf from "@tensorflow/tfjs-core";
import { createIdentityModel } from "../../../models/formats/identity_model.ts";
import { startTestBackend } from "./test_backend.ts";

await startTestBackend();

Deno.test("createIdentityModel() gives back what it gets, as tensors of their own", () => {
  const before = tf.memory().numTensors;
  const model = createIdentityModel(2);
  const input = tf.tensor2d([1, 2, 3, 4], [2, 2]);
  const { logits, features } = model.predict(input);
  assertEquals([...logits.dataSync()], [1, 2, 3, 4]);
  assertEquals([...features.dataSync()], [1, 2, 3, 4]);
  for (const tensor of [input, logits, features]) tensor.dispose();
  model.dispose();
  assertEquals(tf.memory().numTensors, before);
});

Deno.test("createIdentityModel() throws for vectors of another length", () => {
  const input = tf.tensor2d([1, 2, 3], [1, 3]);
  assertThrows(() => createIdentityModel(2).predict(input), TypeError, "[n, 2]");
  input.dispose();
});
