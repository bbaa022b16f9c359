import type { ImageInput } from "./image_input.ts";
import type { SeriesInput } from "./series_input.ts";
import type { TextInput } from "./text_input.ts";
import type { VectorInput } from "./vector_input.ts";

/** All that can be asked of a model, each at an address of its own. */
export const VERBS = [
  "classify",
  "predict",
  "embed",
  "generate",
  "encode",
  "decode",
  "reconstruct",
] as const;

/** One of {@linkcode VERBS}. */
export type Verb = (typeof VERBS)[number];

/** A model that looks at a picture. */
export interface ImageModelInput extends ImageInput {
  /** Tells the kinds of input apart. */
  kind: "image";
}

/** A model that reads characters. */
export interface TextModelInput extends TextInput {
  /** Tells the kinds of input apart. */
  kind: "text";
}

/** A model that reads measurements over time. */
export interface SeriesModelInput extends SeriesInput {
  /** Tells the kinds of input apart. */
  kind: "series";
}

/** A model that was trained on numbers without a backbone. */
export interface VectorModelInput extends VectorInput {
  /** Tells the kinds of input apart. */
  kind: "vector";
}

/** What a model takes, and how a client's input becomes its tensor. */
export type ModelInput = ImageModelInput | TextModelInput | SeriesModelInput | VectorModelInput;

/** What is known of a model without loading it, wherever it comes from. */
export interface ModelDescription {
  /** The model's name in requests: `[a-z0-9][a-z0-9._-]{0,63}`. */
  name: string;
  /** One line for people. */
  description: string;
  /** SPDX identifier. */
  licence: string;
  /** Where a person can read about the files. */
  source: string;
  /** What goes in. */
  input: ModelInput;
  /** What can be asked of it; {@linkcode listVerbs} adds what follows from that. */
  verbs: readonly Verb[];
  /** Number of labels; 0 where the model does not classify. */
  classCount: number;
  /** The labels in the order of the outputs, where they are known before the model is read. */
  labels?: readonly string[] | undefined;
  /** Numbers in the code of an autoencoder. */
  codeLength?: number | undefined;
  /** How good it is. */
  metrics: ModelMetrics;
}

/** What can be asked of a model: one that classifies also gives its outputs as they are. */
export function listVerbs({ verbs }: Pick<ModelDescription, "verbs">): Verb[] {
  const isPredicting = verbs.includes("classify") && !verbs.includes("predict");
  return isPredicting
    ? verbs.flatMap((verb) => verb === "classify" ? [verb, "predict"] : [verb])
    : [...verbs];
}

/** What was measured of a model. */
export interface ModelMetrics {
  /** On what, and how. */
  source: string;
  /** By the name that clients see, in snake_case: `top_1`, `accuracy`, `nats_per_character`. */
  values: Readonly<Record<string, number>>;
}
