import { assertEquals } from "@std/assert";
import * as tf from "@tensorflow/tfjs-core";
import { seriesToTensor, tokensToTensor, vectorToTensor } from "../../models/sequence_tensors.ts";
import { startTestBackend } from "./formats/test_backend.ts";

Deno.test("tokensToTensor() makes one row of int32", async () => {
  await startTestBackend();
  const tensor = tokensToTensor(Int32Array.of(3, 1, 2));
  assertEquals([tensor.shape, tensor.dtype as string], [[1, 3], "int32"]);
  assertEquals([...tensor.dataSync()], [3, 1, 2]);
  tensor.dispose();
  assertEquals(tf.memory().numTensors, 0);
});

Deno.test("seriesToTensor() makes one series of float32", async () => {
  await startTestBackend();
  const tensor = seriesToTensor(Float32Array.of(1, 2, 3, 4), { channels: 2 });
  assertEquals([tensor.shape, tensor.dtype as string], [[1, 2, 2], "float32"]);
  tensor.dispose();
  assertEquals(tf.memory().numTensors, 0);
});

Deno.test("vectorToTensor() makes a batch of one", async () => {
  await startTestBackend();
  const tensor = vectorToTensor(Float32Array.of(1, 2));
  assertEquals([tensor.shape, [...tensor.dataSync()]], [[1, 2], [1, 2]]);
  tensor.dispose();
});
