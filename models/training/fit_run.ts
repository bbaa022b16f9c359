import { createRandom } from "../../lib/random.ts";
import { borrowTrainingMemory } from "./borrow_training_memory.ts";
import { weighClasses } from "./class_weights.ts";
import type { FeatureScaling } from "./feature_scaling.ts";
import type { FitOptions } from "./fit_options.ts";
import type { LabelledFeatures } from "./labelled_features.ts";
import { minimizeBatches } from "./minimize_batches.ts";
import { minimizeLbfgs } from "./minimize_lbfgs.ts";
import { Network, type NetworkPass } from "./network.ts";
import { NetworkObjective } from "./network_objective.ts";
import { type Score, scoreLogits } from "./score_logits.ts";
import { SoftmaxObjective } from "./softmax_objective.ts";
import type { SampleSplit } from "./split_samples.ts";
import type { MemoryBlock, MemoryMatrix, TrainingMemory } from "./training_memory.ts";
import { loadTrainingSet, type TrainingSet } from "./training_set.ts";

/** How well the head fits after an epoch. */
export interface RunScore {
  /** For sgd and adam the mean over the epoch, each batch before its own step. */
  training: Score;
  /** Only where samples are kept for validation. */
  validation?: Score;
}

/** Options of {@linkcode FitRun}. */
export interface FitRunOptions {
  /** All of them, checked. */
  options: FitOptions;
  /** Which samples train. */
  split: SampleSplit;
  /** What standardises the features. */
  scaling: FeatureScaling;
}

/** A step that lowers the objective by less than this part of it ends lbfgs. */
const TOLERANCE = 1e-6;

const LEARNING_RATES = { sgd: 0.01, adam: 0.001 };

/** One training: its memory, its network and its samples. */
export class FitRun implements Disposable {
  /** What is trained. */
  readonly network: Network;
  readonly #loan = borrowTrainingMemory();
  readonly #memory: TrainingMemory;
  readonly #options: FitOptions;
  readonly #training: TrainingSet;
  readonly #validation: { samples: TrainingSet; pass: NetworkPass } | undefined;
  readonly #kept: MemoryBlock | undefined;

  /** Copies the samples into a memory of its own. */
  constructor(samples: LabelledFeatures, { options, split, scaling }: FitRunOptions) {
    const { memory } = this.#loan;
    this.#memory = memory;
    const { length, classCount } = samples;
    this.#options = options;
    this.network = new Network(memory, {
      inputs: length,
      hidden: options.hidden,
      classes: classCount,
    });
    const classWeights = weighClasses(samples, options.classWeight);
    const parts = { samples, scaling, classWeights };
    this.#training = loadTrainingSet(memory, { ...parts, rows: split.training, withViews: true });
    if (split.validation.length > 0) {
      const set = loadTrainingSet(memory, { ...parts, rows: split.validation });
      this.#validation = { samples: set, pass: this.network.allocatePass(set.features) };
    }
    if (options.patience > 0) this.#kept = memory.allocate(this.network.parameters.length);
  }

  /** Trains one epoch per value that is asked for. */
  *runEpochs(): Generator<RunScore, void, void> {
    // Not the sequence that chose the validation samples.
    const random = createRandom(this.#options.seed ^ 0x5eed);
    this.network.initialize(random);
    const scores = this.#options.optimizer === "lbfgs"
      ? this.#runLbfgs()
      : this.#runBatches(this.#options.optimizer, random);
    for (const training of scores) {
      const validation = this.#scoreValidation();
      yield validation ? { training, validation } : { training };
    }
  }

  /** All weights and biases: a view, which lasts until memory is allocated. */
  get weights(): Float32Array {
    return this.#memory.floats(this.network.parameters);
  }

  /** Remembers the parameters, in place of those remembered before. */
  keep(): void {
    this.#copy(this.network.parameters, this.#kept);
  }

  /** Goes back to the parameters that are remembered. */
  restore(): void {
    this.#copy(this.#kept, this.network.parameters);
  }

  /** Gives the memory back; what is allocated there is lost. */
  [Symbol.dispose](): void {
    this.#loan[Symbol.dispose]();
  }

  #copy(from: MemoryBlock | undefined, to: MemoryBlock | undefined): void {
    if (from && to) this.#memory.floats(to).set(this.#memory.floats(from));
  }

  *#runLbfgs(): Generator<Score, void, void> {
    const { hidden, epochs, l2 } = this.#options;
    const samples = this.#training;
    const parts = { network: this.network, samples, l2 };
    const objective = hidden.length > 0
      ? new NetworkObjective(this.#memory, parts)
      : new SoftmaxObjective(this.#memory, parts);
    const options = { iterationsMax: epochs, tolerance: TOLERANCE };
    for (const _ of minimizeLbfgs(this.#memory, objective, options)) {
      yield this.#score(objective.pass, samples);
    }
  }

  #runBatches(optimizer: "sgd" | "adam", random: () => number): Generator<Score, void, void> {
    const { learningRate = LEARNING_RATES[optimizer] } = this.#options;
    const parts = { network: this.network, samples: this.#training, random };
    return minimizeBatches(this.#memory, parts, { ...this.#options, optimizer, learningRate });
  }

  #scoreValidation(): Score | undefined {
    if (!this.#validation) return undefined;
    const { samples, pass } = this.#validation;
    this.network.forward(pass, samples.features.rows);
    return this.#score(pass, samples);
  }

  #score(pass: NetworkPass, samples: TrainingSet): Score {
    return scoreLogits(this.#memory, {
      logits: pass.outputs.at(-1) as MemoryMatrix,
      samples,
      rows: samples.features.rows,
      classCount: this.network.sizes.classes,
    });
  }
}
