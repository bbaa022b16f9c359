import type { LayeredNetwork } from "../../networks/layered_network.ts";
import { TrainableNetwork } from "../../networks/trainable_network.ts";
import { composeEvaluation, type Evaluation, nameSamples } from "../evaluate_head.ts";
import type { EpochScore } from "../fit_head.ts";
import { countClasses } from "../labelled_features.ts";
import { type PredictionReport, reportPredictions } from "../score_predictions.ts";
import type { SampleSplit } from "../split_samples.ts";
import { computeNetworkLogits } from "./compute_network_logits.ts";
import type { NetworkSamples } from "./network_samples.ts";

/** Options of {@linkcode evaluateNetwork}. */
export interface EvaluateNetworkOptions {
  /** Which samples trained it. */
  split: SampleSplit;
  /** One point per epoch. */
  curve: EpochScore[];
  /** What warnings call the classes. */
  classNames: readonly string[];
}

/**
 * Judges a network by the samples that it was trained with, as `evaluateHead()` judges a head, but
 * without cross-validation, which would train it again for each fold.
 */
export async function evaluateNetwork(
  { network, samples }: { network: LayeredNetwork; samples: NetworkSamples },
  { split, curve, classNames }: EvaluateNetworkOptions,
): Promise<Evaluation> {
  using trained = new TrainableNetwork(network);
  const report = async (rows: Uint32Array): Promise<PredictionReport> => {
    const logits = await computeNetworkLogits(trained, samples, rows);
    const classes = Int32Array.from(rows, (row) => samples.classes[row] as number);
    const { classCount } = samples;
    return nameSamples(reportPredictions({ logits, classes, classCount }), rows);
  };
  const training = await report(split.training);
  const validation = split.validation.length > 0 ? await report(split.validation) : undefined;
  return composeEvaluation({ training, validation }, {
    classNames,
    classCounts: countClasses(samples),
    curve,
    nearDuplicates: [],
  });
}
