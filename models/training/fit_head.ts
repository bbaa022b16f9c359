import type { DenseHead } from "../heads/dense_head.ts";
import { EventLoopTurns } from "./event_loop_turns.ts";
import { foldScaling, measureScaling } from "./feature_scaling.ts";
import { type FitOptions, resolveFitOptions } from "./fit_options.ts";
import { FitRun, type RunScore } from "./fit_run.ts";
import { checkLabelledFeatures, type LabelledFeatures } from "./labelled_features.ts";
import { refuseDivergence } from "./refuse_divergence.ts";
import { type SampleSplit, splitSamples } from "./split_samples.ts";

/** One point of the learning curve. */
export interface EpochScore extends RunScore {
  /** From 1; for lbfgs an iteration. */
  epoch: number;
}

/** What {@linkcode FitHeadOptions.onEpoch} is told. */
export interface FitProgress extends EpochScore {
  /** Epochs at most. */
  epochs: number;
  /** Copies the head as it stands, for a checkpoint. */
  takeHead(): DenseHead;
}

/** Options of {@linkcode fitHead}: each of {@linkcode FitOptions}, and how to follow it. */
export interface FitHeadOptions extends Partial<FitOptions> {
  /** Ends the training between two epochs; nothing is left behind. */
  signal?: AbortSignal;
  /** Which samples train, instead of a random part of each class. */
  split?: SampleSplit;
  /** Called after each epoch. */
  onEpoch?: (progress: FitProgress) => void;
}

/** A head and how it came about. */
export interface FittedHead {
  /** Takes feature vectors as they come: their scaling is folded in. */
  head: DenseHead;
  /** Which samples trained it. */
  split: SampleSplit;
  /** One point per epoch. */
  curve: EpochScore[];
  /** The epoch that the head is from. */
  epoch: number;
  /** Why it ended. */
  ended: "converged" | "epochs" | "patience";
}

/**
 * Fits dense layers to feature vectors: split, standardise, minimise the mean cross-entropy plus
 * `l2 / 2` times the squared weights, fold the scaling into the first layer. The same samples and
 * options give the same bits, on every machine. It works in a memory of its own and makes no tensor.
 *
 * @throws {TypeError} if the arrays of the samples do not belong together
 * @throws {ServiceError} `invalid_value` if an option is out of range, the samples cannot be trained
 *   on, they do not fit into the memory, or the training diverges
 * @throws the signal's reason, once it is aborted
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { fitHead } from "./fit_head.ts";
 *
 * const samples = {
 *   features: Float32Array.of(0, 0.1, 0.2, 2, 2.1, 2.2),
 *   length: 1,
 *   classes: Uint16Array.of(0, 0, 0, 1, 1, 1),
 *   classCount: 2,
 * };
 * const { head, curve } = await fitHead(samples);
 * assertEquals(head.layers.length, 1);
 * assertEquals(curve.at(-1)?.validation?.accuracy, 1);
 * ```
 */
export async function fitHead(
  samples: LabelledFeatures,
  { signal, onEpoch, split: givenSplit, ...fitOptions }: FitHeadOptions = {},
): Promise<FittedHead> {
  const options = resolveFitOptions(fitOptions);
  signal?.throwIfAborted();
  checkLabelledFeatures(samples);
  const split = givenSplit ?? splitSamples(samples.classes, options);
  const { training } = split;
  const scaling = measureScaling(samples.features, { length: samples.length, rows: training });
  using run = new FitRun(samples, { options, split, scaling });
  const best = { epoch: 0, loss: Infinity };
  const curve: EpochScore[] = [];
  let ended: FittedHead["ended"] = "converged";
  const turns = new EventLoopTurns();
  for (const score of run.runEpochs()) {
    const epoch = curve.length + 1;
    curve.push({ epoch, ...score });
    const losses = [score.training.loss, score.validation?.loss];
    refuseDivergence({ epoch, losses, weights: [run.weights] });
    const takeHead = () => foldScaling(run.network.toHead(), scaling);
    onEpoch?.({ epoch, epochs: options.epochs, ...score, takeHead });
    if (options.patience > 0 && score.validation) {
      if (score.validation.loss < best.loss) {
        Object.assign(best, { epoch, loss: score.validation.loss });
        run.keep();
      } else if (epoch - best.epoch >= options.patience) {
        ended = "patience";
        break;
      }
    }
    if (epoch === options.epochs) ended = "epochs";
    await turns.give();
    signal?.throwIfAborted();
  }
  if (best.epoch > 0) run.restore();
  const head = foldScaling(run.network.toHead(), scaling);
  return { head, split, curve, epoch: best.epoch || curve.length, ended };
}
