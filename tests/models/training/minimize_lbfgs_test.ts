import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { minimizeLbfgs } from "../../../models/training/minimize_lbfgs.ts";
import type { NetworkPass } from "../../../models/training/network.ts";
import type { Objective } from "../../../models/training/objective.ts";
import { type MemoryBlock, TrainingMemory } from "../../../models/training/training_memory.ts";

type Formula = (x: number[]) => { value: number; gradient: number[] };

/** An objective of up to four parameters from a formula. */
function createObjective(memory: TrainingMemory, formula: Formula, start: number[]): Objective {
  const parameters = memory.allocate(4);
  const gradient = memory.allocate(4);
  memory.floats(parameters).set(start);
  const at = (direction: MemoryBlock, step: number) =>
    start.map((_, i) =>
      (memory.floats(parameters)[i] ?? NaN) + step * (memory.floats(direction)[i] ?? NaN)
    );
  const evaluate = () => {
    const result = formula([...memory.floats(parameters)].slice(0, start.length));
    memory.floats(gradient).set(result.gradient);
    return result.value;
  };
  return {
    parameters,
    gradient,
    pass: {} as NetworkPass,
    hasCheapLines: false,
    evaluate,
    lookAlong: (direction) => (step) => {
      const { value, gradient } = formula(at(direction, step));
      const slope = gradient.reduce(
        (sum, number, i) => sum + number * (memory.floats(direction)[i] ?? NaN),
        0,
      );
      return { step, value, slope };
    },
    advance: (direction, step) => {
      memory.floats(parameters).set(at(direction, step));
      return evaluate();
    },
  };
}

/** Rosenbrock's valley, whose minimum is 0 at (1, 1). */
const rosenbrock: Formula = ([x = NaN, y = NaN]) => ({
  value: (1 - x) ** 2 + 100 * (y - x * x) ** 2,
  gradient: [-2 * (1 - x) - 400 * x * (y - x * x), 200 * (y - x * x)],
});

Deno.test("minimizeLbfgs() follows Rosenbrock's valley to its minimum", () => {
  const memory = new TrainingMemory(2 ** 20);
  const objective = createObjective(memory, rosenbrock, [-1.2, 1]);
  const steps = [...minimizeLbfgs(memory, objective, { iterationsMax: 200, tolerance: 0 })];
  const [x = NaN, y = NaN] = memory.floats(objective.parameters);
  assertAlmostEquals(x, 1, 1e-3);
  assertAlmostEquals(y, 1, 2e-3);
  assert(steps.length < 100);
});

Deno.test("minimizeLbfgs() stops after the iterations it may take", () => {
  const memory = new TrainingMemory(2 ** 20);
  const objective = createObjective(memory, rosenbrock, [-1.2, 1]);
  const steps = [...minimizeLbfgs(memory, objective, { iterationsMax: 3, tolerance: 0 })];
  assertEquals(steps.map(({ iteration }) => iteration), [1, 2, 3]);
  assert((steps[2]?.value ?? NaN) < (steps[0]?.value ?? NaN));
});

Deno.test("minimizeLbfgs() stops where an iteration gains too little", () => {
  const memory = new TrainingMemory(2 ** 20);
  const bowl: Formula = ([x = NaN]) => ({ value: 1 + x * x, gradient: [2 * x] });
  const objective = createObjective(memory, bowl, [1]);
  const steps = [...minimizeLbfgs(memory, objective, { iterationsMax: 50, tolerance: 1e-3 })];
  assert(steps.length <= 4);
  assertAlmostEquals(steps.at(-1)?.value ?? NaN, 1, 1e-3);
});

Deno.test("minimizeLbfgs() takes no step from a minimum", () => {
  const memory = new TrainingMemory(2 ** 20);
  const objective = createObjective(memory, rosenbrock, [1, 1]);
  assertEquals([...minimizeLbfgs(memory, objective, { iterationsMax: 5, tolerance: 0 })], []);
});
