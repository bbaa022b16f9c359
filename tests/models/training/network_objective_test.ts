import { assertAlmostEquals, assertEquals } from "@std/assert";
import { NetworkObjective } from "../../../models/training/network_objective.ts";
import { drawNumbers } from "./matrices.ts";
import { createProblem, listUsedParameters, randomizeParameters } from "./training_problem.ts";

function createObjective() {
  const problem = createProblem([5]);
  randomizeParameters(problem);
  const { memory, network, samples } = problem;
  const objective = new NetworkObjective(memory, { network, samples, l2: 0.3 });
  const direction = memory.allocate(network.parameters.length);
  const numbers = drawNumbers(direction.length, 4);
  for (const index of listUsedParameters(network)) {
    memory.floats(direction)[index] = 0.1 * (numbers[index] ?? 0);
  }
  return { memory, network, objective, direction };
}

Deno.test("NetworkObjective's slope agrees with the difference of its values", () => {
  const { objective, direction } = createObjective();
  const look = objective.lookAlong(direction);
  const difference = (look(1.05).value - look(0.95).value) / 0.1;
  assertAlmostEquals(look(1).slope, difference, 2e-3);
});

Deno.test("NetworkObjective ends where it is told to, wherever it looked last", () => {
  const { memory, network, objective, direction } = createObjective();
  const start = memory.floats(network.parameters).slice();
  const look = objective.lookAlong(direction);
  const { value } = look(2);
  const gradient = memory.floats(network.gradient).slice();
  look(5);
  assertEquals(objective.advance(direction, 2), value);
  assertEquals(memory.floats(network.gradient).slice(), gradient);
  const [index = NaN] = listUsedParameters(network);
  const moved = (start[index] ?? NaN) + 2 * (memory.floats(direction)[index] ?? NaN);
  assertAlmostEquals(memory.floats(network.parameters)[index] ?? NaN, moved, 1e-6);
});
