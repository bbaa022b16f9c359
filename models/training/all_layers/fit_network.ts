import * as tf from "@tensorflow/tfjs-core";
import { createRandom, shuffle } from "../../../lib/random.ts";
import type { LayeredNetwork } from "../../networks/layered_network.ts";
import { TrainableNetwork } from "../../networks/trainable_network.ts";
import { weighClasses } from "../class_weights.ts";
import { EventLoopTurns } from "../event_loop_turns.ts";
import type { EpochScore, FittedHead } from "../fit_head.ts";
import { refuseDivergence } from "../refuse_divergence.ts";
import type { Score } from "../score_logits.ts";
import { scorePredictions } from "../score_predictions.ts";
import type { SampleSplit } from "../split_samples.ts";
import type { AllLayersOptions } from "./all_layers_options.ts";
import { computeNetworkLogits } from "./compute_network_logits.ts";
import { makeBatch, type NetworkSamples } from "./network_samples.ts";

/** How far {@linkcode fitNetwork} is. */
export interface NetworkProgress extends EpochScore {
  /** Epochs at most. */
  epochs: number;
  /** Copies the network as it stands, for a checkpoint. */
  takeNetwork(): LayeredNetwork;
}

/** Options of {@linkcode fitNetwork}. */
export interface FitNetworkOptions extends AllLayersOptions {
  /** Which samples train. */
  split: SampleSplit;
  /** Called after each epoch. */
  onEpoch?: ((progress: NetworkProgress) => void) | undefined;
}

/** A network and how it came about. */
export interface FittedNetwork extends Pick<FittedHead, "curve" | "epoch" | "ended"> {
  /** Of the best epoch where there is patience, else of the last. */
  network: LayeredNetwork;
}

/**
 * Trains all layers by back-propagation through time: Adam (Kingma and Ba 2015) on the mean
 * cross-entropy over batches in random order, the gradient clipped by its norm over all weights
 * (Pascanu et al. 2013), until the validation loss has not fallen for `patience` epochs. The same
 * network, samples and options give the same bits. Runs on the WASM backend with the recurrent
 * kernels, and leaves no tensor. The event loop has its turn between batches.
 *
 * @param start where it begins
 * @throws {ServiceError} `invalid_value` if the training diverges
 */
export async function fitNetwork(
  { start, samples }: { start: LayeredNetwork; samples: NetworkSamples },
  { split, onEpoch, ...options }: FitNetworkOptions,
): Promise<FittedNetwork> {
  const { epochs, patience, learningRate } = options;
  using network = new TrainableNetwork(start);
  const optimizer = tf.train.adam(learningRate);
  const classWeights = Float32Array.from(weighClasses(samples, options.classWeight));
  // Not the sequences that choose the validation samples and the first weights.
  const random = createRandom(options.seed ^ 0x5eed);
  const curve: EpochScore[] = [];
  const best = { epoch: 0, loss: Infinity, weights: network.readWeights() };
  const turns = new EventLoopTurns();
  let ended: FittedNetwork["ended"] = "epochs";
  try {
    for (let epoch = 1; epoch <= epochs; epoch++) {
      const order = split.training.slice();
      shuffle(order, random);
      const training = await runEpoch({ network, optimizer, samples, classWeights, turns }, {
        ...options,
        order,
        dropoutSeed: () => Math.floor(random() * 2 ** 31),
      });
      const validation = await scoreValidation(network, {
        samples,
        rows: split.validation,
        classWeights,
      });
      const weights = network.readWeights();
      refuseDivergence({ epoch, losses: [training.loss, validation?.loss], weights });
      const score = { epoch, training, ...(validation && { validation }) };
      curve.push(score);
      onEpoch?.({ ...score, epochs, takeNetwork: () => network.toNetwork() });
      if (patience === 0 || !validation) continue;
      if (validation.loss < best.loss) {
        Object.assign(best, { epoch, loss: validation.loss, weights });
      } else if (epoch - best.epoch >= patience) {
        ended = "patience";
        break;
      }
    }
  } finally {
    optimizer.dispose();
  }
  if (best.epoch > 0) network.assignWeights(best.weights);
  return { network: network.toNetwork(), curve, epoch: best.epoch || curve.length, ended };
}

interface EpochParts {
  network: TrainableNetwork;
  optimizer: tf.Optimizer;
  samples: NetworkSamples;
  classWeights: Float32Array;
  turns: EventLoopTurns;
}

interface EpochOptions extends Pick<AllLayersOptions, "batchSize" | "clipNorm" | "dropout"> {
  order: Uint32Array;
  dropoutSeed: () => number;
}

/** Loss and accuracy are the mean over the epoch, each batch before its own step. */
async function runEpoch(
  { network, optimizer, samples, classWeights, turns }: EpochParts,
  { order, batchSize, clipNorm, dropout, dropoutSeed }: EpochOptions,
): Promise<Score> {
  const sums = { loss: 0, hits: 0, weight: 0 };
  for (let first = 0; first < order.length; first += batchSize) {
    const rows = order.subarray(first, first + batchSize);
    tf.tidy(() => {
      const batch = makeBatch(samples, rows);
      const classes = Array.from(rows, (row) => samples.classes[row] as number);
      const weights = classes.map((index) => classWeights[index] as number);
      const weight = weights.reduce((sum, each) => sum + each, 0);
      const target = makeTarget(classes, samples.classCount);
      const measure = () => {
        const logits = network.apply(batch, { dropout: { rate: dropout, seed: dropoutSeed() } });
        sums.hits += countHits(logits, classes);
        const losses = tf.neg(tf.sum(tf.mul(target, tf.logSoftmax(logits)), 1)); // [n]
        return tf.div(tf.sum(tf.mul(losses, tf.tensor1d(weights))), weight) as tf.Scalar;
      };
      const { value, grads } = tf.variableGrads(measure, network.variables);
      optimizer.applyGradients(clipGradients(grads, clipNorm));
      sums.loss += (value.dataSync()[0] as number) * weight;
      sums.weight += weight;
    });
    await turns.give();
  }
  return { loss: sums.loss / sums.weight, accuracy: sums.hits / order.length };
}

function makeTarget(classes: readonly number[], classCount: number): tf.Tensor2D {
  const target = new Float32Array(classes.length * classCount);
  classes.forEach((index, place) => target[place * classCount + index] = 1);
  return tf.tensor2d(target, [classes.length, classCount]);
}

function clipGradients(gradients: tf.NamedTensorMap, clipNorm: number): tf.NamedTensorMap {
  const squares = Object.values(gradients).map((each) => tf.sum(tf.square(each)));
  const [square = NaN] = tf.addN(squares).dataSync();
  const norm = Math.sqrt(square);
  if (norm <= clipNorm) return gradients;
  const factor = clipNorm / norm;
  return Object.fromEntries(
    Object.entries(gradients).map(([name, each]) => [name, tf.mul(each, factor)]),
  );
}

function countHits(logits: tf.Tensor, classes: readonly number[]): number {
  const predicted = tf.argMax(logits, 1).dataSync();
  return classes.filter((index, place) => predicted[place] === index).length;
}

/** The loss is weighted as in training, as it decides which epoch is the best. */
async function scoreValidation(
  network: TrainableNetwork,
  { samples, rows, classWeights }: {
    samples: NetworkSamples;
    rows: Uint32Array;
    classWeights: Float32Array;
  },
): Promise<Score | undefined> {
  if (rows.length === 0) return undefined;
  const { classCount } = samples;
  const classes = Array.from(rows, (row) => samples.classes[row] as number);
  const logits = await computeNetworkLogits(network, samples, rows);
  const { loss, accuracy } = scorePredictions({ logits, classes, classCount }, classWeights);
  return { loss, accuracy };
}
