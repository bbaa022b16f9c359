import { scaleLogits } from "../heads/scale_logits.ts";
import { computeLogits } from "./compute_logits.ts";
import { fitHead } from "./fit_head.ts";
import type { FitOptions } from "./fit_options.ts";
import { type LabelledFeatures, selectSamples } from "./labelled_features.ts";
import { type PredictionReport, reportPredictions } from "./score_predictions.ts";
import { splitFolds } from "./split_samples.ts";

/** Options of {@linkcode crossValidate}. */
export interface CrossValidateOptions extends Partial<FitOptions> {
  /** In how many parts, >= 2. */
  folds: number;
  /** By which logits are divided. Default: 1. */
  temperature?: number;
  /** Ends it between two epochs. */
  signal?: AbortSignal;
}

/**
 * Predicts each sample with a head that was fitted without it: as many fits as folds, over all
 * samples. Where a class has few samples, a single split tells little.
 *
 * @throws {RangeError} if there are fewer than 2 folds, or a class has only one sample
 * @throws {ServiceError} as {@linkcode fitHead} does
 */
export async function crossValidate(
  samples: LabelledFeatures,
  { folds, temperature = 1, signal, ...options }: CrossValidateOptions,
): Promise<PredictionReport> {
  const { classes, classCount } = samples;
  const logits = new Float32Array(classes.length * classCount);
  for (const { training, validation } of splitFolds(classes, { folds, seed: options.seed ?? 0 })) {
    const { head } = await fitHead(samples, {
      ...options,
      // A held-out sample may not end its own fold; how many epochs there are is known before.
      patience: 0,
      split: { training, validation: new Uint32Array() },
      ...(signal && { signal }),
    });
    const calibrated = scaleLogits(head, 1 / temperature);
    const held = computeLogits(calibrated, selectSamples(samples, validation));
    validation.forEach((sample, place) => {
      const row = held.subarray(place * classCount, (place + 1) * classCount);
      logits.set(row, sample * classCount);
    });
  }
  return reportPredictions({ logits, classes, classCount });
}
