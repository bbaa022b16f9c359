import { assertEquals } from "@std/assert";
import * as tf from "@tensorflow/tfjs-core";
import { countSteps, makeBatch } from "../../../../models/training/all_layers/network_samples.ts";
import { startRecurrentBackend } from "../../kernels/recurrent_cases.ts";
import { drawVectors, joinTexts } from "./network_samples_fixtures.ts";

await startRecurrentBackend();

Deno.test("makeBatch() pads shorter samples behind their end and masks them there", () => {
  const samples = joinTexts([[1, 2, 3], [4], [5, 6]], [0, 1, 2]);
  assertEquals([0, 1, 2].map((row) => countSteps(samples, row)), [3, 1, 2]);
  tf.tidy(() => {
    const { x, mask } = makeBatch(samples, Uint32Array.of(2, 0, 1));
    assertEquals([x.shape, x.dtype], [[3, 3], "int32"]);
    assertEquals([...x.dataSync()], [5, 6, 0, 1, 2, 3, 4, 0, 0]);
    assertEquals([...mask?.dataSync() ?? []], [1, 1, 0, 1, 1, 1, 1, 0, 0]);
  });
});

Deno.test("makeBatch() needs no mask where all samples have all steps", () => {
  const before = tf.memory().numTensors;
  const { x, mask } = makeBatch(joinTexts([[1, 2], [3, 4]], [0, 1]), Uint32Array.of(1));
  assertEquals([[...x.dataSync()], mask], [[3, 4], undefined]);
  x.dispose();
  const vectors = drawVectors(4);
  const batch = makeBatch(vectors, Uint32Array.of(3, 1));
  assertEquals(batch.x.shape, [2, 3]);
  assertEquals([...batch.x.dataSync().slice(0, 3)], [...vectors.values.slice(9)]);
  batch.x.dispose();
  assertEquals(tf.memory().numTensors, before);
});
