import type { DetectionQuality } from "../../lib/detection_quality.ts";
import type { Evaluation } from "./evaluate_head.ts";
import type { RunScore } from "./fit_run.ts";
import type { LabelledFeatures } from "./labelled_features.ts";
import type { TrainHeadOptions } from "./train_head.ts";
import type { UnknownDetector } from "./unknown_detector.ts";

/** What a training thread is asked, once. */
export interface TrainingCall {
  /** Their memory moves to the thread. */
  samples: LabelledFeatures;
  /** What can be posted of the options. */
  options: Omit<TrainHeadOptions, "signal" | "onEpoch">;
}

/** How far the training is. */
export interface TrainingProgress extends RunScore {
  /** From 1. */
  epoch: number;
  /** Epochs at most. */
  epochs: number;
  /** The head as it stands, as `encodeHead()` writes it; now and then. */
  head?: Uint8Array<ArrayBuffer>;
}

/** What the thread answers. */
export interface TrainingAnswer {
  /** As `encodeHead()` writes it. */
  head: Uint8Array<ArrayBuffer>;
  /** How good it is. */
  evaluation: Evaluation;
  /** The epoch that the head is from. */
  epoch: number;
  /** Why the training ended. */
  ended: "converged" | "epochs" | "patience";
  /** Where samples were kept for validation. */
  detector?: UnknownDetector;
  /** How well the detector works. */
  detectionQuality?: DetectionQuality & { measuredOn: "negatives" | "held_out_classes" };
}
