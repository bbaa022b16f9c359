import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { createRandom } from "../../../lib/random.ts";
import { logitsStride, rowStride } from "../../../models/training/network.ts";
import type { MemoryMatrix } from "../../../models/training/training_memory.ts";
import { readCell } from "./matrices.ts";
import { createProblem, listUsedParameters, randomizeParameters } from "./training_problem.ts";

/** The logits of one row by the definition of dense layers. */
function runHead(layers: ReturnType<typeof createHead>, input: number[]): number[] {
  return layers.reduce(
    (values, { inputs, units, weights, bias, activation }) =>
      Array.from({ length: units }, (_, unit) => {
        let sum = bias[unit] ?? NaN;
        for (let i = 0; i < inputs; i++) {
          sum += (values[i] ?? NaN) * (weights[i * units + unit] ?? NaN);
        }
        return activation === "relu" ? Math.max(0, sum) : sum;
      }),
    input,
  );
}

function createHead(problem: ReturnType<typeof createProblem>) {
  return problem.network.toHead().layers;
}

for (const hidden of [[], [5], [4, 9]]) {
  Deno.test(`Network computes what its head computes: hidden [${hidden}]`, () => {
    const problem = createProblem(hidden);
    randomizeParameters(problem);
    const { memory, network, samples } = problem;
    const pass = network.allocatePass(samples.features);
    network.forward(pass, 20);
    const layers = createHead(problem);
    assertEquals(layers.map(({ activation }) => activation).at(-1), "linear");
    const logits = pass.outputs.at(-1) as MemoryMatrix;
    for (let row = 0; row < 20; row++) {
      const input = Array.from(
        { length: 6 },
        (_, i) => readCell(memory, samples.features, [row, i]),
      );
      runHead(layers, input).forEach((expected, index) =>
        assertAlmostEquals(readCell(memory, logits, [row, index]), expected, 1e-5)
      );
    }
  });

  Deno.test(`Network's gradient agrees with differences: hidden [${hidden}]`, () => {
    const problem = createProblem(hidden);
    randomizeParameters(problem);
    const { memory, network, samples } = problem;
    const pass = network.allocatePass(samples.features);
    const logits = pass.outputs.at(-1) as MemoryMatrix;
    const differentiate = () => {
      network.forward(pass, 20);
      return memory.kernels.crossEntropyGradient(
        ...[logits.pointer, pass.outputGradients.at(-1)?.pointer ?? NaN, logits.stride],
        ...[samples.classes.pointer, samples.weights.pointer, 20],
      );
    };
    differentiate();
    network.backward(pass, 20);
    network.addPenaltyGradient(0.1);
    const gradient = memory.floats(network.gradient).slice();
    const parameters = memory.floats(network.parameters);
    const objective = () =>
      differentiate() + 0.05 * network.dotWeights(network.parameters, network.parameters);
    const used = new Set(listUsedParameters(network));
    parameters.forEach((value, index) => {
      if (!used.has(index)) return assertEquals([value, gradient[index]], [0, 0]);
      parameters[index] = value + 4e-4;
      const above = objective();
      parameters[index] = value - 4e-4;
      const below = objective();
      parameters[index] = value;
      // float32 and the bends of ReLU leave about this much.
      assertAlmostEquals(gradient[index] ?? NaN, (above - below) / 8e-4, 1e-3);
    });
  });
}

Deno.test("Network with dropout sends neither values nor gradients through dropped units", () => {
  const problem = createProblem([5]);
  randomizeParameters(problem);
  const { memory, network, samples } = problem;
  const pass = network.allocatePass(samples.features);
  const mask = pass.masks[0] as MemoryMatrix;
  for (let row = 0; row < 20; row++) memory.floats(mask).set([0, 2, 2, 0, 2], row * mask.stride);
  network.forward(pass, 20);
  const whole = readCell(memory, pass.outputs[0] as MemoryMatrix, [3, 1]);
  network.forward(pass, 20, { dropsOut: true });
  assertEquals(readCell(memory, pass.outputs[0] as MemoryMatrix, [3, 0]), 0);
  assertEquals(readCell(memory, pass.outputs[0] as MemoryMatrix, [3, 1]), 2 * whole);
  memory.floats(pass.outputGradients[1] as MemoryMatrix).fill(1);
  network.backward(pass, 20, { dropsOut: true });
  // The first layer's rows of weights have 12 numbers: six inputs, the bias, and a gap.
  const gradient = memory.floats(network.gradient);
  assert(gradient.subarray(0, 7).every((value) => value === 0));
  // One of the units that are kept may be silent for all samples, not all of them.
  const kept = [1, 2, 4].flatMap((unit) => [...gradient.subarray(12 * unit, 12 * unit + 7)]);
  assert(kept.some((value) => value !== 0));
});

Deno.test("Network.initialize() draws hidden weights with variance 2 / inputs, and no others", () => {
  const { network } = createProblem([400]);
  network.initialize(createRandom(1));
  const [hidden, last] = network.toHead().layers;
  const weights = hidden?.weights ?? new Float32Array();
  const variance = weights.reduce((sum, value) => sum + value * value, 0) / weights.length;
  assertAlmostEquals(variance, 2 / 6, 0.02);
  assert(last?.weights.every((value) => value === 0));
  assert(hidden?.bias.every((value) => value === 0));
});

Deno.test("rowStride() leaves room for the bias and is an odd number of vectors", () => {
  assertEquals([1, 3, 4, 64, 1279, 1280].map(rowStride), [4, 4, 12, 68, 1284, 1284]);
});

Deno.test("logitsStride() is the next multiple of 4", () => {
  assertEquals([2, 4, 5].map(logitsStride), [4, 4, 8]);
});
