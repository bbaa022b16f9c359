import { type RandomSource, shuffle } from "../../lib/random.ts";
import type { Network, NetworkPass } from "./network.ts";
import { countHits, type Score } from "./score_logits.ts";
import type { MemoryMatrix, TrainingMemory } from "./training_memory.ts";
import { allocateTrainingSet, type TrainingSet } from "./training_set.ts";

/** Options of {@linkcode minimizeBatches}. */
export interface BatchOptions {
  /** Stochastic gradient descent, or Adam. */
  optimizer: "sgd" | "adam";
  /** Passes over the samples. */
  epochs: number;
  /** Samples per step; the last of an epoch may have fewer. */
  batchSize: number;
  /** Length of a step, > 0. */
  learningRate: number;
  /** Of sgd. */
  momentum: number;
  /** Factor of the penalty. */
  l2: number;
  /** Part of the hidden outputs that is dropped. */
  dropout: number;
}

/** What is trained on what, and where chance comes from. */
export interface BatchParts {
  /** Where its parameters are is where it starts. */
  network: Network;
  /** All of them are seen in each epoch. */
  samples: TrainingSet;
  /** For the order of samples and dropout. */
  random: RandomSource;
}

/** Decay of Adam's means, and what keeps its quotient finite: the paper's values. */
const ADAM = { meanDecay: 0.9, varianceDecay: 0.999, epsilon: 1e-8 };

/**
 * Minimises the mean cross-entropy plus `l2 / 2` times the squared weights over batches in random
 * order, one epoch per value that is asked for: by stochastic gradient descent with momentum, or by
 * Adam (Kingma and Ba 2015). Gives the mean loss and the accuracy over the epoch's batches, each
 * before its own step.
 */
export function* minimizeBatches(
  memory: TrainingMemory,
  { network, samples, random }: BatchParts,
  options: BatchOptions,
): Generator<Score, void, void> {
  const { epochs, batchSize } = options;
  const { rows } = samples.features;
  const batch = allocateTrainingSet(memory, {
    rows: Math.min(batchSize, rows),
    length: network.sizes.inputs,
  });
  const pass = network.allocatePass(batch.features);
  const takeStep = createStep(memory, network, options);
  const run: BatchRun = { network, samples, batch, pass, random };
  const order = Uint32Array.from({ length: rows }, (_, row) => row);
  for (let epoch = 0; epoch < epochs; epoch++) {
    shuffle(order, random);
    let loss = 0;
    let hits = 0;
    for (let first = 0; first < rows; first += batchSize) {
      const chosen = order.subarray(first, first + batchSize);
      gatherBatch(memory, run, chosen);
      if (options.dropout > 0) drawMasks(memory, run, options.dropout);
      loss += chosen.length * differentiate(memory, run, { ...options, rows: chosen.length });
      takeStep();
      hits += countHits(memory, {
        logits: pass.outputs.at(-1) as MemoryMatrix,
        samples: batch,
        rows: chosen.length,
        classCount: network.sizes.classes,
      });
    }
    yield { loss: loss / rows, accuracy: hits / rows };
  }
}

interface BatchRun extends BatchParts {
  batch: TrainingSet;
  pass: NetworkPass;
}

/** Copies the chosen samples beside each other, their weights scaled to a mean of 1 / rows. */
function gatherBatch(
  memory: TrainingMemory,
  { samples, batch }: BatchRun,
  chosen: Uint32Array,
): void {
  const { stride, rows } = samples.features;
  const features = memory.floats(samples.features);
  const classes = memory.integers(samples.classes);
  const weights = memory.floats(samples.weights);
  const batchFeatures = memory.floats(batch.features);
  const batchClasses = memory.integers(batch.classes);
  const batchWeights = memory.floats(batch.weights);
  const scale = rows / chosen.length;
  chosen.forEach((row, place) => {
    const from = row * stride;
    const to = place * stride;
    // A loop of our own, as a view per row costs more than a short row.
    for (let i = 0; i < stride; i++) batchFeatures[to + i] = features[from + i] as number;
    batchClasses[place] = classes[row] as number;
    batchWeights[place] = scale * (weights[row] as number);
  });
}

/** Inverted dropout (Srivastava et al. 2014): what stays is scaled up, so that serving scales nothing. */
function drawMasks(
  memory: TrainingMemory,
  { network, pass, random }: BatchRun,
  part: number,
): void {
  const kept = 1 / (1 - part);
  pass.masks.forEach((mask, layer) => {
    const values = memory.floats(mask);
    const units = network.sizes.hidden[layer] as number;
    for (let row = 0; row < mask.rows; row++) {
      const first = row * mask.stride;
      for (let unit = 0; unit < units; unit++) values[first + unit] = random() < part ? 0 : kept;
    }
  });
}

/** The gradient over a batch; gives its mean loss without the penalty. */
function differentiate(
  memory: TrainingMemory,
  { network, batch, pass }: BatchRun,
  { rows, dropout, l2 }: { rows: number; dropout: number; l2: number },
): number {
  const logits = pass.outputs.at(-1) as MemoryMatrix;
  const gradient = pass.outputGradients.at(-1) as MemoryMatrix;
  const dropsOut = dropout > 0;
  network.forward(pass, rows, { dropsOut });
  const loss = memory.kernels.crossEntropyGradient(
    ...[logits.pointer, gradient.pointer, logits.stride],
    ...[batch.classes.pointer, batch.weights.pointer, rows],
  );
  network.backward(pass, rows, { dropsOut });
  if (l2 > 0) network.addPenaltyGradient(l2);
  return loss;
}

/** Allocates what the optimiser remembers; gives what moves the parameters against the gradient. */
function createStep(
  memory: TrainingMemory,
  { parameters, gradient }: Network,
  { optimizer, learningRate, momentum }: BatchOptions,
): () => void {
  const { addScaled, stepAdam } = memory.kernels;
  const { length } = parameters;
  if (optimizer === "sgd") {
    const velocity = memory.allocate(length);
    return () => {
      addScaled(gradient.pointer, -learningRate, velocity.pointer, momentum, length);
      addScaled(velocity.pointer, 1, parameters.pointer, 1, length);
    };
  }
  const mean = memory.allocate(length);
  const variance = memory.allocate(length);
  let meanDecay = 1;
  let varianceDecay = 1;
  return () => {
    meanDecay *= ADAM.meanDecay;
    varianceDecay *= ADAM.varianceDecay;
    const correction = Math.sqrt(1 - varianceDecay);
    stepAdam(
      ...[parameters.pointer, gradient.pointer, mean.pointer, variance.pointer],
      ...[learningRate * correction / (1 - meanDecay), ADAM.epsilon * correction, length],
    );
  };
}
