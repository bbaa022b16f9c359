import { zipFiles } from "../../lib/archives/zip_files.ts";
import { ServiceError } from "../../lib/service_error.ts";
import type { Database } from "../../lib/storage/database.ts";
import type { ModelTransfers } from "../archive/model_transfers.ts";
import type { WeightStorage } from "../export/weight_storage.ts";
import { decodeHead } from "../heads/head_bytes.ts";
import { type ImageModelInput, listVerbs } from "../model_description.ts";
import type { KnownModel, ModelContent } from "../model_source.ts";
import { readVersionFiles } from "./read_version_files.ts";
import { toCompanionPath } from "./version_files.ts";

/** Settings of {@linkcode exportVersion}. */
export interface ExportVersionOptions {
  /** Where files lie that were imported along. */
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
 * here or imported comes with `labels.txt`.
 *
 * @throws {ServiceError} `verb_not_supported` if it is neither such a model nor classifies pictures, as a
 * last layer over text or series and any model over vectors; as `ModelTransfers.give()`
 */
export async function exportVersion(
  { known, content }: { known: KnownModel; content: ModelContent },
  { database, transfers, storage, signal }: ExportVersionOptions,
): Promise<Uint8Array<ArrayBuffer>> {
  const { description: { name }, version, stored } = known;
  const { backbone: { format, files, input: { kind } }, head, labels } = content;
  const isItsOwn = stored?.card.origin.kind === "imported" || (kind !== "image" && !head);
  if (stored && isItsOwn && format === "tfjs-layers") {
    const named = { model: name, version };
    const companions = await readVersionFiles(database, named, toCompanionPath);
    const names = kind === "image" ? [] : [["labels.txt", encodeLines(labels)]] as const;
    return await zipFiles(new Map([...files, ...companions, ...names]));
  }
  const input = requirePictures(known, content);
  const model = {
    ...{ name, format, files, labels, input },
    head: head && decodeHead(head),
  };
  // Nobody knows when a model that comes with the service was made.
  const createdAt = new Date(stored?.createdAt ?? 0);
  return await transfers.give(model, { storage, createdAt, ...(signal && { signal }) });
}

function encodeLines(lines: readonly string[]): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(lines.join("\n"));
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
