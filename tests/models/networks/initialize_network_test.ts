import { assert, assertEquals, assertLessOrEqual } from "@std/assert";
import { createRandom } from "../../../lib/random.ts";
import {
  initializeLogits,
  initializeNetwork,
} from "../../../models/networks/initialize_network.ts";
import { makeNetwork } from "./network_fixtures.ts";

Deno.test("initializeNetwork() makes layers that fit together, from the input to the classes", () => {
  const { layers } = makeNetwork({ cells: ["LSTM", "GRU"], tokens: 9, inputs: 4, hidden: [6] });
  assertEquals(
    layers.map((layer) => [
      layer.kind,
      layer.kind === "embedding" ? layer.tokens : layer.inputs,
      layer.units,
    ]),
    [["embedding", 9, 4], ["recurrent", 4, 5], ["recurrent", 5, 5], ["dense", 5, 6], [
      "dense",
      6,
      3,
    ]],
  );
});

Deno.test("initializeNetwork() makes orthonormal recurrent kernels and an open forget gate", () => {
  const [layer] = makeNetwork({ cells: ["LSTM"], units: 6 }).layers;
  assert(layer?.kind === "recurrent");
  const row = (index: number) => layer.recurrentKernel.subarray(index * 24, (index + 1) * 24);
  for (let a = 0; a < 6; a++) {
    for (let b = 0; b < 6; b++) {
      const product = row(a).reduce((sum, value, i) => sum + value * (row(b)[i] ?? 0), 0);
      assertLessOrEqual(Math.abs(product - (a === b ? 1 : 0)), 1e-6);
    }
  }
  const gates = [0, 1, 2, 3].map((gate) => [...layer.bias.subarray(gate * 6, gate * 6 + 6)]);
  assertEquals(gates.map((gate) => new Set(gate)), [0, 1, 0, 0].map((value) => new Set([value])));
});

Deno.test("initializeLogits() stays within Glorot's range and follows from the seed", () => {
  const options = { inputs: 30, classes: 20 };
  const { weights } = initializeLogits({ ...options, random: createRandom(3) });
  const limit = Math.sqrt(6 / 50);
  const largest = Math.max(...weights.map(Math.abs));
  assert(largest <= limit && largest > 0.9 * limit, `${largest}`);
  assertEquals(initializeLogits({ ...options, random: createRandom(3) }).weights, weights);
  const other = initializeNetwork([], { ...options, random: createRandom(4) });
  assert(other.layers[0]?.kind === "dense" && other.layers[0].weights[0] !== weights[0]);
});
