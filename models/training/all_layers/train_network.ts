import { ServiceError } from "../../../lib/service_error.ts";
import { padUnits, RECURRENT_CELLS } from "../../kernels/recurrent_cells.ts";
import type { LayeredNetwork } from "../../networks/layered_network.ts";
import type { Evaluation } from "../evaluate_head.ts";
import { refuseDivergence } from "../refuse_divergence.ts";
import { splitSamples } from "../split_samples.ts";
import { ALL_LAYERS_LIMITS, type AllLayersOptions } from "./all_layers_options.ts";
import { foldChannelScaling, measureChannels, scaleChannels } from "./channel_scaling.ts";
import { evaluateNetwork } from "./evaluate_network.ts";
import { fitNetwork, type FittedNetwork, type NetworkProgress } from "./fit_network.ts";
import { countSteps, type NetworkSamples } from "./network_samples.ts";
import { type NetworkBase, startNetwork } from "./start_network.ts";

/** What {@linkcode trainNetwork} goes by. */
export interface TrainNetworkOptions extends AllLayersOptions {
  /** Trained further; from scratch without. */
  base?: NetworkBase | undefined;
  /** Numbers of one step, or size of the vocabulary. */
  inputs: number;
  /** By the number of the class. */
  classNames: readonly string[];
  /** Called after each epoch. */
  onEpoch?: ((progress: NetworkProgress) => void) | undefined;
}

/** A network that takes samples as they come, and how good it is. */
export interface TrainedNetwork extends Omit<FittedNetwork, "curve"> {
  /** With one point per epoch. */
  evaluation: Evaluation;
}

/**
 * The training line from samples on, where all layers are trained: start, split, fit, evaluate. From
 * scratch, channels are standardised by the training samples, and that is folded into the first
 * layer; a model that is trained further takes samples as it always did.
 *
 * @throws {ServiceError} as `startNetwork()` and `fitNetwork()` do; `invalid_value` if a batch would
 *   take too much memory
 */
export async function trainNetwork(
  samples: NetworkSamples,
  { base, inputs, classNames, onEpoch, ...options }: TrainNetworkOptions,
): Promise<TrainedNetwork> {
  const { kind } = samples;
  const { layers, seed } = options;
  const start = await startNetwork({ base, layers, kind, inputs, classNames, seed });
  requireMemory(start, samples, options);
  const split = splitSamples(samples.classes, options);
  const scaling = base || kind === "text" ? undefined : measureChannels(samples, split.training);
  const fold = (network: LayeredNetwork) =>
    scaling ? foldChannelScaling(network, scaling) : network;
  const fitted = await fitNetwork(
    { start, samples: scaling ? scaleChannels(samples, scaling) : samples },
    {
      ...options,
      split,
      onEpoch: ({ takeNetwork, ...progress }) =>
        onEpoch?.({ ...progress, takeNetwork: () => fold(takeNetwork()) }),
    },
  );
  const { curve, epoch, ended } = fitted;
  const network = fold(fitted.network);
  const evaluation = await evaluateNetwork({ network, samples }, { split, curve, classNames });
  // Finite weights may still give logits that are not.
  refuseDivergence({ epoch, losses: [evaluation.training.loss, evaluation.validation?.loss] });
  return { network, evaluation, epoch, ended };
}

/** Gates and states of each step are kept until the gradients are known. */
function requireMemory(
  { layers }: LayeredNetwork,
  samples: NetworkSamples,
  { batchSize }: AllLayersOptions,
): void {
  const { batchBytesMax } = ALL_LAYERS_LIMITS;
  const longest = Array.from(samples.classes, (_, row) => countSteps(samples, row))
    .reduce((most, steps) => Math.max(most, steps), 0);
  const stepFloats = layers.reduce((sum, layer) => {
    if (layer.kind === "embedding") return sum + layer.tokens + layer.units;
    if (layer.kind === "dense") return sum;
    const { gates, historyRows } = RECURRENT_CELLS[layer.cell];
    return sum + padUnits(layer.units) * (2 * gates + historyRows + 2);
  }, samples.width);
  const bytes = 4 * stepFloats * longest * Math.min(batchSize, samples.classes.length);
  if (bytes <= batchBytesMax) return;
  throw new ServiceError(
    "invalid_value",
    `Cannot train as a batch of samples of up to ${longest} steps must take at most ` +
      `${batchBytesMax} bytes: it takes ${bytes}; a smaller batch_size or fewer units help`,
    { param: "batch_size" },
  );
}
