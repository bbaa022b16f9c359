import { unzipFiles } from "../../lib/archives/unzip_files.ts";
import { ServiceError } from "../../lib/service_error.ts";
import type { ModelFiles } from "../formats/loaded_model.ts";
import { refuseModel } from "./archive_json.ts";
import { readLabelsFile } from "./archive_labels.ts";
import { describeForeignArchive, describeForeignFile } from "./foreign_model.ts";
import { ARCHIVE_LIMITS, type ArchiveLimits, type ModelArchive } from "./model_archive.ts";
import { readTfjsArchive } from "./tfjs_archive.ts";

const ACCEPTED = "a zip of Teachable Machine's image model, a zip with model.json of " +
  "TensorFlow.js, or a .tflite file";

/**
 * Reads a model that someone sends: a zip of Teachable Machine's image model, of a graph or layers
 * model of TensorFlow.js, or of a TensorFlow Lite file; or that file alone. Only the structure is
 * read here; `inspectModel()` tries the network.
 *
 * @param bytes the whole file
 * @throws {ServiceError} `unsupported_media_type`, naming what it is, if it is none of these;
 * `invalid_archive` and `body_too_large` as `unzipFiles()`; `model_unusable` if it is incomplete
 */
export async function readModelArchive(
  bytes: Uint8Array<ArrayBuffer>,
  limits: ArchiveLimits = ARCHIVE_LIMITS,
): Promise<ModelArchive> {
  if (isTflite(bytes)) return readTfliteArchive(new Map([["model.tflite", bytes]]));
  if (!isZip(bytes)) throw refuseKind(describeForeignFile(bytes) ?? "none that is known");
  const files = await unzipFiles(bytes, limits);
  const modelPaths = [...files.keys()].filter((path) => /(^|\/)model\.json$/.test(path));
  if (modelPaths.length === 1) return readTfjsArchive(openFolder(files, modelPaths[0] ?? ""));
  if (modelPaths.length > 1) {
    throw refuseModel(`the zip must hold one model.json: found ${modelPaths.join(", ")}`);
  }
  const tflitePaths = [...files.keys()].filter((path) => path.endsWith(".tflite"));
  if (tflitePaths.length === 1) return readTfliteArchive(openFolder(files, tflitePaths[0] ?? ""));
  if (tflitePaths.length > 1) {
    throw refuseModel(`the zip must hold one .tflite file: found ${tflitePaths.join(", ")}`);
  }
  const found = describeForeignArchive(files.keys()) ?? `a zip of ${files.size} other files`;
  throw refuseKind(found);
}

/** The files in the folder of one of them, and below, by their path from there. */
function openFolder(files: ModelFiles, path: string): ModelFiles {
  const folder = path.slice(0, path.lastIndexOf("/") + 1);
  const inside = [...files].filter(([each]) => each.startsWith(folder));
  return new Map(inside.map(([each, bytes]) => [each.slice(folder.length), bytes]));
}

function readTfliteArchive(folder: ModelFiles): ModelArchive {
  const files = [...folder].filter(([path]) => path.endsWith(".tflite"));
  const labelsFile = folder.get("labels.txt");
  if (!files.every(([, bytes]) => isTflite(bytes))) {
    throw refuseModel(`the .tflite file is not a TensorFlow Lite model`);
  }
  return {
    origin: "tflite",
    format: "tflite",
    files: new Map(files),
    companions: new Map(labelsFile ? [["labels.txt", labelsFile]] : []),
    labels: labelsFile && readLabelsFile(labelsFile),
    preprocessing: undefined,
    inputShape: undefined,
    declaredInput: {},
  };
}

function isTflite(bytes: Uint8Array): boolean {
  return startsWith(bytes.subarray(4), "TFL3");
}

/** An archive without files has only its end. */
function isZip(bytes: Uint8Array): boolean {
  return startsWith(bytes, "PK\x03\x04") || startsWith(bytes, "PK\x05\x06");
}

function startsWith(bytes: Uint8Array, text: string): boolean {
  return [...text].every((character, index) => character.charCodeAt(0) === bytes[index]);
}

function refuseKind(found: string): ServiceError {
  return new ServiceError(
    "unsupported_media_type",
    `Cannot import model as it must be ${ACCEPTED}: found ${found}`,
  );
}
