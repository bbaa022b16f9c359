import { ServiceError } from "../../lib/service_error.ts";
import type { Database } from "../../lib/storage/database.ts";
import type { Bytes } from "../../lib/storage/schema.ts";
import type { ModelTransfers } from "../archive/model_transfers.ts";
import type { WeightStorage } from "../export/weight_storage.ts";
import { decodeHead } from "../heads/head_bytes.ts";
import { type ImageModelInput, listVerbs } from "../model_description.ts";
import type { ModelDirectory, ModelTarget } from "../model_directory.ts";
import type { KnownModel, ModelContent } from "../model_source.ts";
import { type FileReaders, listOwnFiles } from "./list_own_files.ts";

/** Settings of {@linkcode exportVersion}. */
export interface ExportVersionOptions {
  /** Finds and reads the version. */
  directory: ModelDirectory;
  /** Where stored files lie. */
  database: Database;
  /** Makes the zip. */
  transfers: ModelTransfers;
  /** How weights are stored. */
  storage: WeightStorage;
  /** Ends the export when it aborts. */
  signal?: AbortSignal;
}

/**
 * Makes a zip of a version, whatever it is: one layers model from picture to softmax, that
 * `tf.loadLayersModel()` and Teachable Machine's image library load. A layers model that was imported
 * is given back as it came, with the files that came along; one over text or series that was trained
 * here or imported comes with `labels.txt`: see `listOwnFiles()`.
 *
 * @throws {ServiceError} `verb_not_supported` if it is neither such a model nor classifies pictures, as a
 * last layer over text or series and any model over vectors; as `ModelDirectory.read()`,
 * `ModelTransfers.give()` and `pack()`
 */
export async function exportVersion(
  target: ModelTarget,
  { directory, database, transfers, storage, signal }: ExportVersionOptions,
): Promise<Uint8Array<ArrayBuffer>> {
  const ending = signal ? { signal } : {};
  const own = await listOwnFiles(database, (await directory.select(target)).known);
  if (own) return await transfers.pack(() => readAll(own), ending);
  const { known, content } = await directory.read(target);
  const { backbone: { format, files }, head, labels } = content;
  const input = requirePictures(known, content);
  const model = {
    ...{ name: known.description.name, format, files, labels, input },
    head: head && decodeHead(head),
  };
  // Nobody knows when a model that comes with the service was made.
  const createdAt = new Date(known.stored?.createdAt ?? 0);
  return await transfers.give(model, { storage, createdAt, ...ending });
}

async function readAll(files: FileReaders): Promise<Map<string, Bytes>> {
  const contents = new Map<string, Bytes>();
  for (const [name, read] of files) contents.set(name, await read());
  return contents;
}

function requirePictures(known: KnownModel, content: ModelContent): ImageModelInput {
  const { description: { name, verbs } } = known;
  const { backbone: { role, input }, labels } = content;
  const isClassifier = role === "classifier" && verbs.includes("classify") && labels.length > 0;
  if (isClassifier && input.kind === "image") return input;
  throw new ServiceError(
    "verb_not_supported",
    `Cannot export model ${name} as it must classify pictures, or be a layers model over texts or ` +
      "series that was imported or all of whose layers were trained here: it " +
      describeUnfit(known, content),
  );
}

/** What keeps a model from being exported. */
function describeUnfit({ description, stored }: KnownModel, { backbone, head }: ModelContent) {
  const { input: { kind }, format } = backbone;
  if (kind === "image") {
    return `takes pictures and has ${listVerbs(description).map((verb) => `:${verb}`).join(", ")}`;
  }
  if (kind === "vector") return "takes vectors";
  if (!stored) return `takes ${kind} and comes with the service`;
  return head ? `is a last layer over ${kind} on another network` : `is of the format ${format}`;
}
