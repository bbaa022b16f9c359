import type { OutputActivation } from "../formats/graph.ts";
import type { ImagePreprocessing } from "../image_input.ts";
import { refuseModel } from "./archive_json.ts";
import { inspectModel, type ModelInspection } from "./inspect_model.ts";
import type { ArchiveLimits, ModelArchive } from "./model_archive.ts";
import { readModelArchive } from "./read_model_archive.ts";

/** What the sender of a model may say that its files do not. */
export interface CheckModelOptions {
  /** Names of the classes; they go before those of the archive. */
  labels?: string[];
  /** How a picture becomes the input; single fields go before what the archive tells. */
  preprocessing?: Partial<ImagePreprocessing>;
  /** How large the archive may be. */
  limits?: ArchiveLimits;
}

/** A model that was read whole, loaded and run. */
export interface ImportedModel extends Pick<ModelArchive, "origin" | "format" | "files"> {
  /** Files that were sent along and are kept for an export. */
  companions: ModelArchive["companions"];
  /** One for each output: `class 0`, `class 1` and so on where nobody names them. */
  labels: string[];
  /** What goes in, and how a picture becomes that. */
  input: ModelInspection["input"];
  /** Length of the output. */
  classCount: number;
  /** Length of the input of the last dense layer. */
  featureLength: number;
  /** What the network applies to its logits. */
  outputActivation: OutputActivation;
}

/**
 * Reads a model that someone sends and tries it, on the WASM backend, which must be the active one.
 * Nothing is left behind but the answer.
 *
 * @param bytes the whole file
 * @throws {ServiceError} as `readModelArchive()` and `inspectModel()`; `model_unusable` if there is
 * not one label for each output, or preprocessing for a network that takes no pictures
 */
export async function checkModel(
  bytes: Uint8Array<ArrayBuffer>,
  options: CheckModelOptions = {},
): Promise<ImportedModel> {
  const archive = await readModelArchive(bytes, options.limits);
  const { input, ...network } = await inspectModel(archive);
  const { origin, format, files, companions } = archive;
  return {
    origin,
    format,
    files,
    companions,
    labels: chooseLabels(options.labels ?? archive.labels, network.classCount),
    input: choosePreprocessing(input, options.preprocessing),
    ...network,
  };
}

function choosePreprocessing(
  input: ModelInspection["input"],
  preprocessing: Partial<ImagePreprocessing> = {},
): ModelInspection["input"] {
  if (input.kind === "image") return { ...input, ...preprocessing };
  const [given] = Object.keys(preprocessing);
  if (given === undefined) return input;
  throw refuseModel(`preprocessing is of pictures, and the network takes series: found ${given}`);
}

function chooseLabels(labels: string[] | undefined, classCount: number): string[] {
  if (!labels) return Array.from({ length: classCount }, (_, index) => `class ${index}`);
  if (labels.length === classCount) return labels;
  throw refuseModel(
    `there must be one label for each of the network's ${classCount} outputs: ` +
      `found ${labels.length}`,
  );
}
