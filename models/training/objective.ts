import type { LinePoint } from "../../lib/search_line.ts";
import type { NetworkPass } from "./network.ts";
import type { MemoryBlock } from "./training_memory.ts";

/** A smooth function of one vector of parameters, for {@linkcode minimizeLbfgs}. */
export interface Objective {
  /** Where the function is looked at. */
  readonly parameters: MemoryBlock;
  /** Its gradient there, once it was evaluated. */
  readonly gradient: MemoryBlock;
  /** What the last evaluation computed on its way. */
  readonly pass: NetworkPass;
  /** Evaluations along a line are so cheap that the line search may be exact. */
  readonly hasCheapLines: boolean;
  /** Computes value and gradient at the parameters. */
  evaluate(): number;
  /** Gives value and slope at steps from the parameters in a direction. */
  lookAlong(direction: MemoryBlock): (step: number) => LinePoint;
  /** Moves the parameters; gives the new value, and computes the new gradient. */
  advance(direction: MemoryBlock, step: number): number;
}
