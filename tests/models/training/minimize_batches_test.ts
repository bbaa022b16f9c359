import { assert, assertAlmostEquals, assertEquals, assertNotEquals } from "@std/assert";
import { createRandom } from "../../../lib/random.ts";
import { minimizeBatches } from "../../../models/training/minimize_batches.ts";
import { NetworkObjective } from "../../../models/training/network_objective.ts";
import { createProblem } from "./training_problem.ts";

const OPTIONS = { epochs: 2, batchSize: 20, learningRate: 0.1, momentum: 0.5, l2: 0.2, dropout: 0 };

function run(
  options: Partial<typeof OPTIONS> & { optimizer: "sgd" | "adam" },
  { units } = { units: 5 },
) {
  const { memory, network, samples } = createProblem([units]);
  const start = memory.floats(network.parameters).slice();
  const parts = { network, samples, random: createRandom(1) };
  const scores = [...minimizeBatches(memory, parts, { ...OPTIONS, ...options })];
  return { start, scores, end: memory.floats(network.parameters).slice() };
}

/** The gradient of the whole objective where the parameters are `at`. */
function differentiate(at: Float32Array): { loss: number; gradient: Float32Array } {
  const { memory, network, samples } = createProblem([5]);
  memory.floats(network.parameters).set(at);
  const objective = new NetworkObjective(memory, { network, samples, l2: OPTIONS.l2 });
  const penalty = OPTIONS.l2 / 2 * network.dotWeights(network.parameters, network.parameters);
  return {
    loss: objective.evaluate() - penalty,
    gradient: memory.floats(network.gradient).slice(),
  };
}

Deno.test("minimizeBatches() with sgd takes the textbook's steps where a batch holds all", () => {
  const { start, scores, end } = run({ optimizer: "sgd" });
  const first = differentiate(start);
  assertAlmostEquals(scores[0]?.loss ?? NaN, first.loss, 1e-5);
  const middle = start.map((value, i) => value - 0.1 * (first.gradient[i] ?? NaN));
  const second = differentiate(middle);
  assertAlmostEquals(scores[1]?.loss ?? NaN, second.loss, 1e-5);
  middle.forEach((value, i) => {
    const velocity = 0.5 * (first.gradient[i] ?? NaN) + (second.gradient[i] ?? NaN);
    assertAlmostEquals(end[i] ?? NaN, value - 0.1 * velocity, 1e-5);
  });
});

Deno.test("minimizeBatches() with adam takes the paper's steps where a batch holds all", () => {
  const { start, end } = run({ optimizer: "adam", epochs: 2, learningRate: 0.01 });
  const first = differentiate(start).gradient;
  const middle = start.map((value, i) => {
    const g = first[i] ?? NaN;
    return value - 0.01 * g / (Math.abs(g) + 1e-8);
  });
  const second = differentiate(middle).gradient;
  middle.forEach((value, i) => {
    const [g1, g2] = [first[i] ?? NaN, second[i] ?? NaN];
    const mean = (0.9 * 0.1 * g1 + 0.1 * g2) / (1 - 0.9 ** 2);
    const variance = (0.999 * 0.001 * g1 * g1 + 0.001 * g2 * g2) / (1 - 0.999 ** 2);
    // Where a gradient is almost 0 its sign is rounding, and a step is a whole learning rate.
    if (Math.abs(g1) > 1e-4 && Math.abs(g2) > 1e-4) {
      assertAlmostEquals(end[i] ?? NaN, value - 0.01 * mean / (Math.sqrt(variance) + 1e-8), 1e-4);
    }
  });
});

Deno.test("minimizeBatches() lowers the loss with batches that do not divide the samples", () => {
  for (const optimizer of ["sgd", "adam"] as const) {
    const options = { optimizer, epochs: 100, batchSize: 7, l2: 0, learningRate: 0.02 };
    // So many that some are alive for every sample, whatever the first weights.
    const { scores } = run(options, { units: 16 });
    assertEquals(scores.length, 100);
    assert((scores.at(-1)?.loss ?? NaN) < 0.8 * (scores[0]?.loss ?? NaN));
    assert((scores.at(-1)?.accuracy ?? NaN) > (scores[0]?.accuracy ?? NaN));
  }
});

Deno.test("minimizeBatches() with dropout still learns, and ends elsewhere", () => {
  const { scores, end } = run({ optimizer: "adam", epochs: 200, dropout: 0.3, l2: 0 });
  assert((scores.at(-1)?.loss ?? NaN) < (scores[0]?.loss ?? NaN));
  assertNotEquals(end, run({ optimizer: "adam", epochs: 200, l2: 0 }).end);
});
