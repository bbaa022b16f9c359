import type { DetectionQuality } from "../../lib/detection_quality.ts";
import type { DenseHead } from "../heads/dense_head.ts";
import { computeLogits, type FeatureRows } from "./compute_logits.ts";
import { evaluateHead, type Evaluation } from "./evaluate_head.ts";
import { fitHead, type FitHeadOptions, type FittedHead } from "./fit_head.ts";
import { resolveFitOptions } from "./fit_options.ts";
import type { LabelledFeatures } from "./labelled_features.ts";
import { measureUnknownDetection } from "./measure_unknown_detection.ts";
import { refuseDivergence } from "./refuse_divergence.ts";
import { scorePredictions } from "./score_predictions.ts";
import { fitUnknownDetector, type UnknownDetector } from "./unknown_detector.ts";

/** Options of {@linkcode trainHead}. */
export interface TrainHeadOptions extends FitHeadOptions {
  /** Samples of none of the classes, which place the threshold of "none of these". */
  negatives?: FeatureRows;
  /** What warnings call the classes; their index where they have no name. */
  classNames?: readonly string[];
  /**
   * Whether the head that is given is fitted again to all samples, validation included, once it is
   * known how good it is. Default: true.
   */
  refit?: boolean;
}

/** All that a version of a model stores about its head. */
export interface TrainedHead {
  /** What is served, once its logits are divided by the detector's temperature. */
  head: DenseHead;
  /** How good the head is that was fitted without the validation samples, at that temperature. */
  evaluation: Evaluation;
  /** Which samples trained that head, and why it ended. */
  fitted: Pick<FittedHead, "split" | "epoch" | "ended">;
  /** Where samples were kept for validation. */
  detector?: UnknownDetector;
  /** How well the detector works: on the negatives, else on classes that were held out. */
  detectionQuality?: DetectionQuality & { measuredOn: "negatives" | "held_out_classes" };
}

/**
 * The training line from feature vectors on: fit, learn to say "none of these", evaluate, and fit
 * again to all samples. The temperature is that of the first fit: a head that has also seen the
 * validation samples gives nothing to measure it on.
 *
 * @throws as {@linkcode fitHead} does, also if the outputs of the head are not finite
 */
export async function trainHead(
  samples: LabelledFeatures,
  { negatives, classNames, refit = true, onEpoch, ...options }: TrainHeadOptions = {},
): Promise<TrainedHead> {
  const { signal, split: _split, ...fitOptions } = options;
  const passed = { ...fitOptions, ...(signal && { signal }) };
  const fitted = await fitHead(samples, { ...options, ...(onEpoch && { onEpoch }) });
  const detection = await fitUnknownDetector(fitted, samples, {
    ...(negatives && { negatives }),
    ...(options.seed !== undefined && { seed: options.seed }),
    signal,
  });
  // Who converged at its best epoch may converge again; every other epoch was chosen, or the last.
  const hasConverged = fitted.ended === "converged" && fitted.epoch === fitted.curve.length;
  const epochs = hasConverged ? {} : { epochs: Math.max(1, fitted.epoch) };
  const evaluation = await evaluateHead(fitted, samples, {
    fitOptions: { ...fitOptions, ...epochs },
    classNames,
    temperature: detection?.detector.temperature,
    ...(signal && { signal }),
  });
  const { training, validation } = evaluation;
  refuseDivergence({ epoch: fitted.epoch, losses: [training.loss, validation?.loss] });
  const heldOut = detection && !detection.quality
    ? await measureUnknownDetection(samples, {
      ...resolveFitOptions(fitOptions),
      ...(signal && { signal }),
    })
    : undefined;
  const hasValidation = fitted.split.validation.length > 0;
  const served = refit && hasValidation
    ? await fitHead(samples, {
      ...passed,
      validationSplit: 0,
      patience: 0,
      ...epochs,
    })
    : fitted;
  if (served !== fitted) {
    const { loss } = scorePredictions({ ...samples, logits: computeLogits(served.head, samples) });
    refuseDivergence({ epoch: served.epoch, losses: [loss] });
  }
  return {
    head: served.head,
    evaluation,
    fitted: { split: fitted.split, epoch: fitted.epoch, ended: fitted.ended },
    ...(detection && { detector: detection.detector }),
    ...(detection?.quality &&
      { detectionQuality: { ...detection.quality, measuredOn: "negatives" as const } }),
    ...(heldOut && { detectionQuality: { ...heldOut, measuredOn: "held_out_classes" as const } }),
  };
}
