import type { ShippedModel } from "../models/shipped/manifest.ts";

/** What a person says of a model that ships; name, files and labels are read from its folder. */
export type ShippedDescription = Omit<ShippedModel, "name" | "files" | "labels">;

/** What the scripts write into `userDefinedMetadata` of a `model.json`. */
export interface ShippedMetadata {
  labels?: string[];
  vocabulary?: string;
  start?: string;
  end?: string;
  codeLength?: number;
}

const COMMON = { version: 1, licence: "MIT" } as const;

/**
 * The models of `weights/`, in the order in which they are listed. The figures are those of the
 * models' cards, which say how they were measured. A model whose folder is missing is left out.
 */
export const SHIPPED: Readonly<
  Record<string, (metadata: ShippedMetadata) => ShippedDescription>
> = {
  "edge-cnn": () => ({
    ...COMMON,
    description: "A small general image classifier, and the feature extractor for fine-tuning",
    source: "training/edge_cnn.py",
    format: "tfjs-graph",
    input: {
      kind: "image",
      height: 96,
      width: 96,
      channels: 3,
      scale: 1 / 127.5,
      offset: -1,
      fit: "crop",
      cropFraction: 16 / 17,
    },
    verbs: ["classify", "embed"],
    metrics: {
      source: "10,100 Tiny-ImageNet validation images, 64 x 64 pixels (training/edge_cnn.py)",
      values: { top_1: 0.5629, top_5: 0.8080 },
    },
  }),
  "motion-rnn": () => ({
    ...COMMON,
    description: "Six channels of a smart watch -> one of four activities, a plain recurrent layer",
    source: "training/motion_rnn.py",
    format: "tfjs-layers",
    // A worker takes a second or two for so many.
    input: { kind: "series", channels: 6, stepsMax: 1_000_000, stepsPerSecond: 10 },
    verbs: ["classify", "embed"],
    metrics: {
      source: "official BasicMotions test split, 40 series (training/motion_rnn.py)",
      values: { accuracy: 0.95 },
    },
  }),
  "names-lstm": ({ vocabulary = "", start = "", end = "" }) => ({
    ...COMMON,
    description: "The characters of a family name -> one of 18 languages, one LSTM layer",
    source: "training/names_lstm.py",
    format: "tfjs-layers",
    input: { kind: "text", vocabulary, folding: "lower", start, end, charactersMax: 64 },
    verbs: ["classify", "embed"],
    metrics: {
      source: "4,000 held-out lines of 18 lists of family names (training/names_lstm.py)",
      values: { accuracy: 0.8565, macro_f1: 0.5583 },
    },
  }),
  "image-autoencoder": ({ codeLength }) => ({
    ...COMMON,
    description: "64 x 64 colour -> 128 numbers -> 64 x 64 colour",
    source: "training/image_autoencoder.py",
    format: "tfjs-graph",
    input: {
      kind: "image",
      height: 64,
      width: 64,
      channels: 3,
      scale: 1 / 255,
      offset: 0,
      fit: "crop",
      cropFraction: 1,
    },
    verbs: ["encode", "decode", "reconstruct"],
    codeLength,
    metrics: {
      source:
        "10,100 Tiny-ImageNet validation images (training/image_autoencoder.py); PCA with 128 " +
        "components: 0.015464",
      values: { mean_squared_error: 0.014403, mean_squared_error_of_bytes: 0.014476 },
    },
  }),
  "shakespeare-gru": ({ vocabulary = "" }) => ({
    ...COMMON,
    description: "The next character over Shakespeare's plays, one gated recurrent layer",
    source: "training/shakespeare_gru.py",
    format: "tfjs-layers",
    input: {
      kind: "text",
      vocabulary,
      folding: "none",
      start: "",
      end: "",
      charactersMax: 2_000,
    },
    verbs: ["generate"],
    metrics: {
      source: "the last 10 % of tinyshakespeare, never trained on (training/shakespeare_gru.py)",
      values: { nats_per_character: 1.4575, accuracy: 0.5682 },
    },
  }),
};
