import { assertAlmostEquals } from "@std/assert";
import { NetworkObjective } from "../../../models/training/network_objective.ts";
import { SoftmaxObjective } from "../../../models/training/softmax_objective.ts";
import { drawNumbers } from "./matrices.ts";
import { createProblem, listUsedParameters, randomizeParameters } from "./training_problem.ts";

Deno.test("SoftmaxObjective agrees with passes through the network, along a line and after it", () => {
  const problem = createProblem([]);
  randomizeParameters(problem);
  const { memory, network, samples } = problem;
  const parts = { network, samples, l2: 0.3 };
  const objective = new SoftmaxObjective(memory, parts);
  const reference = new NetworkObjective(memory, parts);
  const direction = memory.allocate(network.parameters.length);
  const numbers = drawNumbers(direction.length, 4);
  for (const index of listUsedParameters(network)) {
    memory.floats(direction)[index] = numbers[index] ?? 0;
  }
  const start = memory.floats(network.parameters).slice();
  const lookByPass = reference.lookAlong(direction);
  const expected = [0.5, 2].map(lookByPass);
  memory.floats(network.parameters).set(start);
  const value = objective.evaluate();
  const look = objective.lookAlong(direction);
  assertAlmostEquals(look(0).value, value, 1e-6);
  expected.forEach(({ step, value, slope }) => {
    assertAlmostEquals(look(step).value, value, 1e-5);
    assertAlmostEquals(look(step).slope, slope, 1e-4);
  });
  assertAlmostEquals(objective.advance(direction, 2), expected[1]?.value ?? NaN, 1e-5);
  const gradient = memory.floats(network.gradient).slice();
  reference.evaluate();
  memory.floats(network.gradient).forEach((number, index) =>
    assertAlmostEquals(gradient[index] ?? NaN, number, 1e-5)
  );
});
