import { createRandom } from "../../../lib/random.ts";
import { Network } from "../../../models/training/network.ts";
import { TrainingMemory } from "../../../models/training/training_memory.ts";
import { loadTrainingSet, type TrainingSet } from "../../../models/training/training_set.ts";
import { drawNumbers } from "./matrices.ts";

/** A small network with random weights, and samples for it. */
export interface TrainingProblem {
  memory: TrainingMemory;
  network: Network;
  samples: TrainingSet;
}

const INPUTS = 6;
const CLASSES = 3;

/** Twenty random samples of six features in three classes that weigh 1, 2 and 3. */
export function createProblem(hidden: number[]): TrainingProblem {
  const memory = new TrainingMemory(2 ** 24);
  const network = new Network(memory, { inputs: INPUTS, hidden, classes: CLASSES });
  network.initialize(createRandom(3));
  const samples = loadTrainingSet(memory, {
    samples: {
      features: drawNumbers(20 * INPUTS, 5),
      length: INPUTS,
      classes: Uint16Array.from({ length: 20 }, (_, sample) => sample % CLASSES),
      classCount: CLASSES,
    },
    rows: Uint32Array.from({ length: 20 }, (_, sample) => sample),
    scaling: {
      mean: new Float64Array(INPUTS),
      factor: new Float64Array(INPUTS).fill(1),
    },
    classWeights: Float64Array.of(1, 2, 3),
  });
  return { memory, network, samples };
}

/** Sets all parameters that take part, and none that only fill up rows, to random numbers. */
export function randomizeParameters({ memory, network }: TrainingProblem): void {
  network.initialize(createRandom(9));
  const used = listUsedParameters(network);
  const numbers = drawNumbers(network.parameters.length, 8);
  for (const index of used) {
    memory.floats(network.parameters)[index] = 0.5 * (numbers[index] ?? 0);
  }
}

/** Indices of the parameters that take part. */
export function listUsedParameters({ sizes }: Network): number[] {
  const lengths = [sizes.inputs, ...sizes.hidden, sizes.classes];
  const used: number[] = [];
  let first = 0;
  for (let layer = 1; layer < lengths.length; layer++) {
    const inputs = lengths[layer - 1] ?? 0;
    const vectors = Math.ceil((inputs + 1) / 4);
    const stride = 4 * (vectors + 1 - vectors % 2);
    for (let unit = 0; unit < (lengths[layer] ?? 0); unit++) {
      for (let input = 0; input <= inputs; input++) used.push(first + unit * stride + input);
    }
    first += (lengths[layer] ?? 0) * stride;
  }
  return used;
}
