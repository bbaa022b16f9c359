import type { ImageModelInput, ModelDescription } from "./model_description.ts";

/** A file that can be fetched from a public address or from a mirror, by its content. */
export interface RemoteFile {
  /** The public address. */
  url: string;
  /** 64 lower-case hexadecimal digits; also the file's name in a mirror and in the data directory. */
  sha256: string;
  /** Size of the file. */
  bytes: number;
}

/** A model that `deno task pull` knows how to fetch. */
export interface CatalogEntry extends ModelDescription {
  /** Every model of the hub looks at pictures. */
  input: ImageModelInput;
  /** How the model file is read. */
  format: "tflite";
  /** `model` is the network, `labels` the text file with one class name per line. */
  files: { model: RemoteFile; labels: RemoteFile };
}

const CORAL_COMMIT = "104342d2d3480b3e66203073dac24f4e2dbb4c41";
const CORAL_FILES = `https://raw.githubusercontent.com/google-coral/test_data/${CORAL_COMMIT}`;

const IMAGENET_LABELS: RemoteFile = {
  url: `${CORAL_FILES}/imagenet_labels.txt`,
  sha256: "b8aaeb5630c62626a7d124a05c0e14230a7ffdd2136a31d0190a4fb71c1d82f1",
  bytes: 21_686,
};

const ACCURACY_SOURCE =
  "1,000 photos, one per ImageNet class, of EliSchwartz/imagenet-sample-images, which come from the " +
  "training data (bench/accuracy_bench.ts)";

/** What the three MobileNets share: 1,000 ImageNet classes, after `background` at index 0. */
const MOBILENET = {
  format: "tflite",
  licence: "Apache-2.0",
  source: `https://github.com/google-coral/test_data/tree/${CORAL_COMMIT}`,
  verbs: ["classify", "embed"],
  classCount: 1001,
} as const;

/** A square colour picture in [-1, 1]. */
function squareInput(side: number): ImageModelInput {
  return {
    kind: "image",
    height: side,
    width: side,
    channels: 3,
    scale: 1 / 127.5,
    offset: -1,
    fit: "crop",
    cropFraction: 0.875,
  };
}

/**
 * The pretrained models that can be pulled, by public address, SHA-256 and size. An address names a
 * commit, so that it never changes its content.
 */
export const CATALOG: readonly CatalogEntry[] = [
  {
    ...MOBILENET,
    name: "mobilenet-v2",
    description: "MobileNetV2 1.0 at 224 pixels, ImageNet, 8 bits (quantisation-aware training)",
    metrics: { source: ACCURACY_SOURCE, values: { top_1: 0.886, top_5: 0.981 } },
    files: {
      model: {
        url: `${CORAL_FILES}/mobilenet_v2_1.0_224_quant.tflite`,
        sha256: "7aad0c74c5e3c06e5eb3c827e13304fdd68a83da6087d92ee169c24ff9fd4776",
        bytes: 3_610_798,
      },
      labels: IMAGENET_LABELS,
    },
    input: squareInput(224),
  },
  {
    ...MOBILENET,
    name: "mobilenet-v2-ptq",
    description: "MobileNetV2 1.0 at 224 pixels, ImageNet, 8 bits (post-training quantisation)",
    metrics: { source: ACCURACY_SOURCE, values: { top_1: 0.888, top_5: 0.983 } },
    files: {
      model: {
        url: `${CORAL_FILES}/tf2_mobilenet_v2_1.0_224_ptq.tflite`,
        sha256: "5d3137241276e79c86d14a74fe43581398ae0e815191d3dba45495b810840e8c",
        bytes: 4_070_174,
      },
      labels: IMAGENET_LABELS,
    },
    input: squareInput(224),
  },
  {
    ...MOBILENET,
    name: "mobilenet-v1-025-128",
    description: "MobileNetV1 0.25 at 128 pixels, ImageNet, 8 bits: small and fast",
    metrics: { source: ACCURACY_SOURCE, values: { top_1: 0.452, top_5: 0.718 } },
    files: {
      model: {
        url: `${CORAL_FILES}/mobilenet_v1_0.25_128_quant.tflite`,
        sha256: "cb273c23ee76374b05b9583177e28aa19744858a7679c56a250e83d0333da785",
        bytes: 525_598,
      },
      labels: IMAGENET_LABELS,
    },
    input: squareInput(128),
  },
];

/** The entry with this name, or undefined when the catalogue has none. */
export function findCatalogEntry(name: string): CatalogEntry | undefined {
  return CATALOG.find((entry) => entry.name === name);
}
