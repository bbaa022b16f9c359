import type { LinePoint } from "../../lib/search_line.ts";
import type { NetworkPass } from "./network.ts";
import type { ObjectiveParts } from "./network_objective.ts";
import type { Objective } from "./objective.ts";
import type { MemoryBlock, MemoryMatrix, TrainingMemory } from "./training_memory.ts";

/**
 * The mean cross-entropy of softmax regression plus `l2 / 2` times the squared weights. As logits
 * are linear in the parameters, those along a line are known from two products with the features:
 * one evaluation on the line is a pass over `[n, classes]` numbers, and a whole iteration reads the
 * features twice, whatever the line search does.
 */
export class SoftmaxObjective implements Objective {
  /** The network's. */
  readonly parameters: MemoryBlock;
  /** The network's. */
  readonly gradient: MemoryBlock;
  /** See above. */
  readonly hasCheapLines = true;
  /** What the last evaluation computed. */
  readonly pass: NetworkPass;
  readonly #memory: TrainingMemory;
  readonly #parts: ObjectiveParts;
  readonly #logits: MemoryMatrix;
  readonly #directionLogits: MemoryMatrix;

  /** The network has one layer. Allocates what its passes write. */
  constructor(memory: TrainingMemory, parts: ObjectiveParts) {
    this.parameters = parts.network.parameters;
    this.gradient = parts.network.gradient;
    this.#memory = memory;
    this.#parts = parts;
    this.pass = parts.network.allocatePass(parts.samples.features);
    this.#logits = this.pass.outputs[0] as MemoryMatrix;
    this.#directionLogits = memory.allocateMatrix(this.#logits.rows, this.#logits.stride);
  }

  /** Computes value and gradient at the parameters. */
  evaluate(): number {
    this.#parts.network.forward(this.pass, this.#logits.rows);
    return this.#differentiate();
  }

  /** Gives value and slope at steps from the parameters in a direction. */
  lookAlong(direction: MemoryBlock): (step: number) => LinePoint {
    const { multiplyTransposed, crossEntropyAlong } = this.#memory.kernels;
    const { network, samples, l2 } = this.#parts;
    const { features, classes, weights } = samples;
    const logits = this.#logits;
    const directionLogits = this.#directionLogits;
    multiplyTransposed(
      ...[features.pointer, features.stride, direction.pointer, features.stride],
      ...[directionLogits.pointer, logits.stride],
      ...[logits.rows, network.sizes.classes, features.stride],
    );
    const penalty = l2 / 2 * network.dotWeights(this.parameters, this.parameters);
    const mixed = l2 * network.dotWeights(this.parameters, direction);
    const bend = l2 * network.dotWeights(direction, direction);
    const { result } = this.#memory;
    return (step) => {
      crossEntropyAlong(
        ...[logits.pointer, directionLogits.pointer, step, logits.stride],
        ...[classes.pointer, weights.pointer, logits.rows, result.pointer],
      );
      const [value = NaN, slope = NaN] = this.#memory.doubles(result, 2);
      return {
        step,
        value: value + penalty + step * mixed + step * step / 2 * bend,
        slope: slope + mixed + step * bend,
      };
    };
  }

  /** Moves the parameters; gives the new value, and computes the new gradient. */
  advance(direction: MemoryBlock, step: number): number {
    const { addScaled } = this.#memory.kernels;
    const { parameters } = this;
    const logits = this.#logits;
    addScaled(direction.pointer, step, parameters.pointer, 1, parameters.length);
    addScaled(this.#directionLogits.pointer, step, logits.pointer, 1, logits.length);
    return this.#differentiate();
  }

  #differentiate(): number {
    const { network, samples, l2 } = this.#parts;
    const { features, classes, weights } = samples;
    const logits = this.#logits;
    const { pointer } = this.pass.outputGradients[0] as MemoryMatrix;
    const loss = this.#memory.kernels.crossEntropyGradient(
      ...[logits.pointer, pointer, logits.stride],
      ...[classes.pointer, weights.pointer, features.rows],
    );
    network.backward(this.pass, features.rows);
    network.addPenaltyGradient(l2);
    return loss + l2 / 2 * network.dotWeights(this.parameters, this.parameters);
  }
}
