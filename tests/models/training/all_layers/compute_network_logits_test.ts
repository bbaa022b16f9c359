import { assertEquals, assertLessOrEqual } from "@std/assert";
import * as tf from "@tensorflow/tfjs-core";
import { TrainableNetwork } from "../../../../models/networks/trainable_network.ts";
import { computeNetworkLogits } from "../../../../models/training/all_layers/compute_network_logits.ts";
import { makeBatch } from "../../../../models/training/all_layers/network_samples.ts";
import { largestDifference } from "../../formats/test_backend.ts";
import { startRecurrentBackend } from "../../kernels/recurrent_cases.ts";
import { makeNetwork } from "../../networks/network_fixtures.ts";
import { drawSlopes } from "./network_samples_fixtures.ts";

await startRecurrentBackend();

Deno.test("computeNetworkLogits() gives each sample what it gets alone, in the order asked for", async () => {
  const samples = drawSlopes(150);
  using network = new TrainableNetwork(makeNetwork({ cells: ["LSTM"] }));
  const before = tf.memory().numTensors;
  const rows = Uint32Array.from({ length: 149 }, (_, row) => 149 - row);
  const logits = await computeNetworkLogits(network, samples, rows);
  for (const place of [0, 1, 70, 148]) {
    const alone = tf.tidy(() => {
      const batch = makeBatch(samples, rows.slice(place, place + 1));
      return Float32Array.from(network.apply(batch).dataSync());
    });
    assertLessOrEqual(largestDifference(logits.slice(place * 3, place * 3 + 3), alone), 1e-5);
  }
  assertEquals((await computeNetworkLogits(network, samples, new Uint32Array())).length, 0);
  assertEquals(tf.memory().numTensors, before);
});
