import { ServiceError } from "../../lib/service_error.ts";
import type { FileFormat } from "../formats/load_model.ts";
import type { ModelFiles } from "../formats/loaded_model.ts";
import { isRecord } from "../formats/tfjs_files.ts";
import { parseArchiveJson, refuseModel } from "./archive_json.ts";
import { checkLabels, readLabelsFile } from "./archive_labels.ts";
import { findInputShape } from "./find_input_shape.ts";
import { describeForeignMetadata } from "./foreign_model.ts";
import {
  type DeclaredInput,
  type ModelArchive,
  TEACHABLE_MACHINE_PREPROCESSING,
} from "./model_archive.ts";

/** Files beside the network that are kept. */
export const COMPANION_FILES = ["metadata.json", "labels.txt"] as const;

/**
 * Reads the unpacked folder of a model of TensorFlow.js: a graph or layers model, with or without
 * the `metadata.json` of Teachable Machine, whose labels go before those of `labels.txt` and of
 * `userDefinedMetadata` in `model.json`.
 *
 * @param folder the files by their path beside `model.json`
 * @throws {ServiceError} `unsupported_media_type` for Teachable Machine's audio and pose models;
 * `model_unusable` where a file is missing or broken
 */
export function readTfjsArchive(folder: ModelFiles): ModelArchive {
  const json = parseArchiveJson(requireFile(folder, "model.json"), "model.json");
  const companions = pickFiles(folder, COMPANION_FILES.filter((name) => folder.has(name)));
  const metadataFile = companions.get("metadata.json");
  const metadata = metadataFile && parseArchiveJson(metadataFile, "metadata.json");
  const foreign = metadata && describeForeignMetadata(metadata);
  if (foreign) {
    throw new ServiceError(
      "unsupported_media_type",
      `Cannot import model as it must classify images: it is ${foreign}`,
    );
  }
  return {
    origin: metadata ? "teachable-machine" : "tfjs",
    format: readFormat(json),
    files: pickFiles(folder, ["model.json", ...listWeightFiles(json)]),
    companions,
    labels: findLabels({ metadata, labelsFile: companions.get("labels.txt"), json }),
    preprocessing: metadata && TEACHABLE_MACHINE_PREPROCESSING,
    inputShape: findInputShape(json.modelTopology),
    declaredInput: metadata ? readDeclaredInput(metadata) : {},
  };
}

function readFormat({ format, modelTopology }: Record<string, unknown>): FileFormat {
  if (!isRecord(modelTopology)) throw refuseModel(`model.json has no object "modelTopology"`);
  const isGraph = format === "graph-model" || Array.isArray(modelTopology.node);
  return isGraph ? "tfjs-graph" : "tfjs-layers";
}

function listWeightFiles({ weightsManifest }: Record<string, unknown>): string[] {
  const groups = Array.isArray(weightsManifest) ? weightsManifest : [];
  return groups.flatMap((group: unknown) => {
    return isRecord(group) && Array.isArray(group.paths) ? group.paths.map(String) : [];
  });
}

interface LabelSources {
  metadata: Record<string, unknown> | undefined;
  labelsFile: Uint8Array | undefined;
  json: Record<string, unknown>;
}

function findLabels({ metadata, labelsFile, json }: LabelSources): string[] | undefined {
  if (metadata) return checkLabels(metadata.labels, "metadata.json");
  if (labelsFile) return readLabelsFile(labelsFile);
  const { userDefinedMetadata } = json;
  if (!isRecord(userDefinedMetadata) || userDefinedMetadata.labels === undefined) return undefined;
  return checkLabels(userDefinedMetadata.labels, "model.json");
}

/** Fields of another type than Teachable Machine's library writes are taken as not there. */
function readDeclaredInput({ imageSize, grayscale }: Record<string, unknown>): DeclaredInput {
  return {
    ...(typeof imageSize === "number" ? { imageSize } : {}),
    ...(typeof grayscale === "boolean" ? { grayscale } : {}),
  };
}

function pickFiles(folder: ModelFiles, names: readonly string[]): ModelFiles {
  return new Map(names.map((name) => [name, requireFile(folder, name)]));
}

function requireFile(folder: ModelFiles, name: string): Uint8Array {
  const bytes = folder.get(name);
  if (bytes === undefined) throw refuseModel(`the file ${JSON.stringify(name)} is missing`);
  return bytes;
}
