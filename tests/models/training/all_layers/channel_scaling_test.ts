import { assertAlmostEquals, assertEquals, assertLessOrEqual, assertThrows } from "@std/assert";
import * as tf from "@tensorflow/tfjs-core";
import { TrainableNetwork } from "../../../../models/networks/trainable_network.ts";
import {
  foldChannelScaling,
  measureChannels,
  scaleChannels,
} from "../../../../models/training/all_layers/channel_scaling.ts";
import { computeNetworkLogits } from "../../../../models/training/all_layers/compute_network_logits.ts";
import { largestDifference } from "../../formats/test_backend.ts";
import { startRecurrentBackend } from "../../kernels/recurrent_cases.ts";
import { makeNetwork } from "../../networks/network_fixtures.ts";
import { drawSlopes, drawVectors } from "./network_samples_fixtures.ts";

await startRecurrentBackend();

const ROWS = Uint32Array.from({ length: 9 }, (_, row) => row);

Deno.test("scaleChannels() gives each channel mean 0 and deviation 1 over the chosen samples", () => {
  const samples = drawSlopes(9);
  const { values } = scaleChannels(samples, measureChannels(samples, ROWS));
  for (const channel of [0, 1]) {
    const own = [...values].filter((_, index) => index % 2 === channel);
    const mean = own.reduce((sum, value) => sum + value, 0) / own.length;
    const square = own.reduce((sum, value) => sum + value * value, 0) / own.length;
    assertAlmostEquals(mean, 0, 1e-4);
    assertAlmostEquals(square, 1, 1e-4);
  }
});

Deno.test("measureChannels() looks at the chosen samples alone", () => {
  const samples = drawSlopes(3);
  const [first = 0, second = 0] = [samples.starts[1], samples.starts[2]];
  const own = [...samples.values.subarray(2 * first, 2 * second)].filter((_, i) => i % 2 === 0);
  const mean = own.reduce((sum, value) => sum + value, 0) / own.length;
  assertAlmostEquals(measureChannels(samples, Uint32Array.of(1)).mean[0] ?? NaN, mean, 1e-9);
});

Deno.test("foldChannelScaling() makes a network that takes samples as they come", async () => {
  const before = tf.memory().numTensors;
  for (const cell of ["SimpleRNN", "LSTM", "GRU", "GRUResetAfter", "dense"] as const) {
    const drawn = cell === "dense" ? drawVectors(9) : drawSlopes(9);
    const samples = { ...drawn, classCount: 3 };
    const scaling = measureChannels(samples, ROWS);
    const start = makeNetwork({ cells: cell === "dense" ? [] : [cell], inputs: samples.width });
    using scaled = new TrainableNetwork(start);
    using folded = new TrainableNetwork(foldChannelScaling(start, scaling));
    const expected = await computeNetworkLogits(scaled, scaleChannels(samples, scaling), ROWS);
    const found = await computeNetworkLogits(folded, samples, ROWS);
    // A level of 50 goes through float32 before the bias takes it away.
    assertLessOrEqual(largestDifference(found, expected), 1e-4, cell);
  }
  assertEquals(tf.memory().numTensors, before);
});

Deno.test("foldChannelScaling() throws for text", () => {
  const scaling = { mean: new Float64Array(1), factor: new Float64Array(1) };
  assertThrows(
    () => foldChannelScaling(makeNetwork({ cells: ["GRU"], tokens: 3 }), scaling),
    TypeError,
    "text has none",
  );
});
