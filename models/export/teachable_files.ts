import { VERSION } from "../../lib/version.ts";
import type { ImagePreprocessing } from "../image_input.ts";
import type { StoredWeights } from "./weight_storage.ts";

/** What Teachable Machine's library was read at, for `metadata.json`. */
const TEACHABLE_MACHINE_VERSION = "0.8.5";
const TFJS_VERSION = "4.22.0";

/** The network of {@linkcode writeTeachableFiles}. */
export interface TeachableNetwork {
  /** Its layers, as `tf.loadLayersModel()` reads them. */
  topology: unknown;
  /** Its weights. */
  stored: StoredWeights;
  /** Height, width and channels of its input. */
  inputShape: readonly [height: number, width: number, channels: number];
  /** When the model was made. */
  createdAt: Date;
  /** How its input is made from a picture, where that is not what Teachable Machine does. */
  preprocessing?: ImagePreprocessing;
}

/**
 * Writes a layers model with the three files that Teachable Machine exports: `model.json`,
 * `weights.bin` and `metadata.json`.
 */
export function writeTeachableFiles(
  { name, labels }: { name: string; labels: readonly string[] },
  { topology, stored, inputShape, createdAt, preprocessing }: TeachableNetwork,
): Map<string, Uint8Array<ArrayBuffer>> {
  const [imageSize, , channels] = inputShape;
  const generatedBy = `lastlayer ${VERSION}`;
  const model = {
    format: "layers-model",
    generatedBy,
    convertedBy: null,
    modelTopology: topology,
    weightsManifest: [{ paths: ["weights.bin"], weights: stored.specs }],
    userDefinedMetadata: { labels },
  };
  const metadata = {
    tfjsVersion: TFJS_VERSION,
    packageName: "@teachablemachine/image",
    packageVersion: TEACHABLE_MACHINE_VERSION,
    timeStamp: createdAt.toISOString(),
    modelName: name,
    labels,
    imageSize,
    grayscale: channels === 1,
    userMetadata: { generatedBy, ...(preprocessing ? { preprocessing } : {}) },
  };
  return new Map([
    ["model.json", encodeJson(model)],
    ["weights.bin", stored.bytes],
    ["metadata.json", encodeJson(metadata)],
  ]);
}

function encodeJson(value: unknown): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(JSON.stringify(value));
}
