import { searchLine } from "../../lib/search_line.ts";
import type { Objective } from "./objective.ts";
import type { MemoryBlock, TrainingMemory } from "./training_memory.ts";

/** Options of {@linkcode minimizeLbfgs}. */
export interface LbfgsOptions {
  /** It ends after so many. */
  iterationsMax: number;
  /** It ends where an iteration lowers the value by less than this part of it. */
  tolerance: number;
}

/** Where {@linkcode minimizeLbfgs} is after an iteration. */
export interface LbfgsProgress {
  /** From 1. */
  iteration: number;
  /** Of the objective. */
  value: number;
}

/** Steps and changes of the gradient that are remembered. */
const HISTORY = 10;

/** A step and how the gradient changed over it. */
interface Correction {
  step: MemoryBlock;
  change: MemoryBlock;
  /** 1 / (step . change). */
  inverse: number;
}

/**
 * Minimises by L-BFGS (Liu and Nocedal 1989; two loops as in Nocedal and Wright 2006, algorithm
 * 7.4), one iteration per value that is asked for. The parameters are at the best point so far.
 */
export function* minimizeLbfgs(
  memory: TrainingMemory,
  objective: Objective,
  { iterationsMax, tolerance }: LbfgsOptions,
): Generator<LbfgsProgress, void, void> {
  const { addScaled, dotProduct } = memory.kernels;
  const { parameters, gradient } = objective;
  const { length } = parameters;
  const direction = memory.allocate(length);
  const spare = Array.from({ length: HISTORY }, () => ({
    step: memory.allocate(length),
    change: memory.allocate(length),
    inverse: 0,
  }));
  const history: Correction[] = [];
  let value = objective.evaluate();
  for (let iteration = 1; iteration <= iterationsMax; iteration++) {
    setDirection();
    let slope = dotProduct(direction.pointer, gradient.pointer, length);
    if (!(slope < 0)) {
      spare.push(...history.splice(0));
      setDirection();
      slope = dotProduct(direction.pointer, gradient.pointer, length);
      if (!(slope < 0)) return;
    }
    const correction = spare.pop() ?? history.shift() as Correction;
    const point = searchLine(objective.lookAlong(direction), { step: 0, value, slope }, {
      firstStep: history.length > 0 ? 1 : Math.min(1, 1 / Math.sqrt(-slope)),
      slopePart: objective.hasCheapLines ? 0.1 : 0.9,
    });
    if (!point) return;
    const { step, change } = correction;
    addScaled(direction.pointer, point.step, step.pointer, 0, length);
    addScaled(gradient.pointer, -1, change.pointer, 0, length);
    const next = objective.advance(direction, point.step);
    addScaled(gradient.pointer, 1, change.pointer, 1, length);
    const product = dotProduct(step.pointer, change.pointer, length);
    if (product > 0) history.push({ step, change, inverse: 1 / product });
    else spare.push(correction);
    // From the slopes, as the difference of two values is mostly rounding in the end.
    const fall = -point.step * (slope + point.slope) / 2;
    value = next;
    yield { iteration, value };
    if (fall <= tolerance * Math.abs(value)) return;
  }

  function setDirection(): void {
    addScaled(gradient.pointer, -1, direction.pointer, 0, length);
    const factors = history.map(() => 0);
    for (let i = history.length - 1; i >= 0; i--) {
      const { step, change, inverse } = history[i] as Correction;
      const factor = inverse * dotProduct(step.pointer, direction.pointer, length);
      factors[i] = factor;
      addScaled(change.pointer, -factor, direction.pointer, 1, length);
    }
    const last = history.at(-1);
    if (!last) return;
    const scale = 1 / (last.inverse * dotProduct(last.change.pointer, last.change.pointer, length));
    addScaled(direction.pointer, scale, direction.pointer, 0, length);
    history.forEach(({ step, change, inverse }, i) => {
      const factor = inverse * dotProduct(change.pointer, direction.pointer, length);
      addScaled(step.pointer, (factors[i] ?? 0) - factor, direction.pointer, 1, length);
    });
  }
}
