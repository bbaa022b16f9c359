import type { ArchiveOrigin } from "../archive/model_archive.ts";
import type { FileFormat } from "../formats/load_model.ts";
import type { ModelInput, ModelMetrics, Verb } from "../model_description.ts";

/** What is to be known of a stored version without its weights; stored with them, as JSON. */
export interface ModelCard {
  /** One line for people. */
  description: string;
  /** SPDX identifier; that of the base for a trained version, `NOASSERTION` where nobody says. */
  licence: string;
  /** Where a person can read about the model or its base; empty where nobody says. */
  source: string;
  /** What can be asked of it. */
  verbs: Verb[];
  /** What goes in. */
  input: ModelInput;
  /** Class names in the order of the outputs. */
  labels: string[];
  /** How good it is, and measured on what; without values for an imported version. */
  metrics: ModelMetrics;
  /** How it tells what belongs to none of its classes; unset where it cannot. */
  unknown?: UnknownCard;
  /** What to know before trusting it. */
  warnings: CardWarning[];
  /** How it came about. */
  origin: TrainedOrigin | ImportedOrigin;
}

/** The card of a version that a job trained. */
export interface TrainedCard extends ModelCard {
  /** Never an import. */
  origin: TrainedOrigin;
}

/** A head that a job fitted to a dataset, over a frozen backbone, or a network trained as a whole. */
export interface TrainedOrigin {
  /** Tells the origins apart. */
  kind: "trained";
  /** Unset where the last layer alone was trained. */
  method?: "all_layers";
  /** The model whose backbone it stands on, or whose layers were trained further. */
  base: CardBase;
  /** What it was fitted to. */
  dataset: CardDataset;
  /** All of them, defaults included, by the name that clients see. */
  hyperparameters: Record<string, unknown>;
  /** With the dataset and the hyperparameters it decides every weight. */
  seed: number;
  /** Time from taking up the job to saving the version, in milliseconds. */
  durationMs: number;
}

/** A network that somebody sent, whole. */
export interface ImportedOrigin {
  /** Tells the origins apart. */
  kind: "imported";
  /** Who wrote the file. */
  writer: ArchiveOrigin;
  /** How its files are read. */
  format: FileFormat;
  /** SHA-256 of the file that was sent. */
  sha256: string;
}

/** Names a backbone. */
export interface CardBase {
  /** Name of the model; `none` where the head takes the numbers of the samples themselves. */
  model: string;
  /** Its version. */
  version: number;
  /** Hash of the backbone, as in `BackboneArtifact`; empty for `none`. */
  backboneSha256: string;
}

/** A dataset as a job froze it. */
export interface CardDataset {
  /** Its name at that time. */
  name: string;
  /** Its content hash. */
  sha256: string;
  /** Number of samples. */
  samples: number;
  /** Number of classes. */
  classes: number;
}

/** How a version tells what belongs to none of its classes; the rest of its detector is stored apart. */
export interface UnknownCard {
  /** An input that scores higher is unknown. */
  threshold: number;
  /** Divides the logits before softmax. */
  temperature: number;
  /** How well that works, and measured on what. */
  metrics: ModelMetrics;
}

/** Something to know before trusting a version. */
export interface CardWarning {
  /** For programs, in snake_case. */
  code: string;
  /** For people. */
  message: string;
  /** What the message is about, by the name that clients see. */
  details?: Record<string, unknown>;
}
