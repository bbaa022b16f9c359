import type { LinePoint } from "../../lib/search_line.ts";
import type { Network, NetworkPass } from "./network.ts";
import type { Objective } from "./objective.ts";
import type { MemoryBlock, MemoryMatrix, TrainingMemory } from "./training_memory.ts";
import type { TrainingSet } from "./training_set.ts";

/** What an objective is made of. */
export interface ObjectiveParts {
  /** Whose parameters are looked for. */
  network: Network;
  /** What it shall fit. */
  samples: TrainingSet;
  /** Factor of the penalty. */
  l2: number;
}

/**
 * The mean cross-entropy of a network with hidden layers plus `l2 / 2` times the squared weights,
 * over all samples at once.
 */
export class NetworkObjective implements Objective {
  /** The network's. */
  readonly parameters: MemoryBlock;
  /** The network's. */
  readonly gradient: MemoryBlock;
  /** Each evaluation is a pass over all samples. */
  readonly hasCheapLines = false;
  /** What the last evaluation computed. */
  readonly pass: NetworkPass;
  readonly #memory: TrainingMemory;
  readonly #parts: ObjectiveParts;
  readonly #start: MemoryBlock;
  #last: LinePoint | undefined;

  /** Allocates what its passes write. */
  constructor(memory: TrainingMemory, parts: ObjectiveParts) {
    this.parameters = parts.network.parameters;
    this.gradient = parts.network.gradient;
    this.#memory = memory;
    this.#parts = parts;
    this.pass = parts.network.allocatePass(parts.samples.features);
    this.#start = memory.allocate(this.parameters.length);
  }

  /** Computes value and gradient at the parameters. */
  evaluate(): number {
    const { network, samples, l2 } = this.#parts;
    const { rows } = samples.features;
    const logits = this.pass.outputs.at(-1) as MemoryMatrix;
    const gradient = this.pass.outputGradients.at(-1) as MemoryMatrix;
    network.forward(this.pass, rows);
    const loss = this.#memory.kernels.crossEntropyGradient(
      ...[logits.pointer, gradient.pointer, logits.stride],
      ...[samples.classes.pointer, samples.weights.pointer, rows],
    );
    network.backward(this.pass, rows);
    network.addPenaltyGradient(l2);
    return loss + l2 / 2 * network.dotWeights(this.parameters, this.parameters);
  }

  /** Gives value and slope at steps from the parameters in a direction. */
  lookAlong(direction: MemoryBlock): (step: number) => LinePoint {
    const { dotProduct, addScaled } = this.#memory.kernels;
    const { parameters, gradient } = this;
    addScaled(parameters.pointer, 1, this.#start.pointer, 0, parameters.length);
    return (step) => {
      this.#moveTo(direction, step);
      const value = this.evaluate();
      const slope = dotProduct(gradient.pointer, direction.pointer, gradient.length);
      this.#last = { step, value, slope };
      return this.#last;
    };
  }

  /** Moves the parameters; gives the new value, and computes the new gradient. */
  advance(direction: MemoryBlock, step: number): number {
    // The line search mostly ends where it looked last, and gradient and value are from there.
    if (this.#last?.step === step) return this.#last.value;
    this.#moveTo(direction, step);
    return this.evaluate();
  }

  #moveTo(direction: MemoryBlock, step: number): void {
    const { addScaled } = this.#memory.kernels;
    const { parameters } = this;
    addScaled(this.#start.pointer, 1, parameters.pointer, 0, parameters.length);
    addScaled(direction.pointer, step, parameters.pointer, 1, parameters.length);
  }
}
