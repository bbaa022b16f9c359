import type { Database } from "../../lib/storage/database.ts";
import type { Bytes } from "../../lib/storage/schema.ts";
import type { KnownModel } from "../model_source.ts";
import { findNetworkFormat } from "./network_format.ts";
import { openVersionFiles } from "./read_version_files.ts";
import { toCompanionPath, toNetworkPath } from "./version_files.ts";

/** Files by their name, each of which is read when it is asked for. */
export type FileReaders = ReadonlyMap<string, () => Promise<Bytes>>;

/**
 * The files of a layers model that was imported or trained as a whole, which are an export as they
 * are stored: the network, what came along with it, and `labels.txt` where it takes no pictures.
 *
 * @returns `undefined` for other models; the readers throw a `ServiceError` as `openVersionFiles()`
 */
export async function listOwnFiles(
  database: Database,
  { description: { name, input }, version, stored }: KnownModel,
): Promise<FileReaders | undefined> {
  if (!stored || findNetworkFormat(stored.card) !== "tfjs-layers") return undefined;
  const named = { model: name, version };
  const labels = new TextEncoder().encode(stored.card.labels.join("\n"));
  return new Map([
    ...await openVersionFiles(database, named, toNetworkPath),
    ...await openVersionFiles(database, named, toCompanionPath),
    ...input.kind === "image" ? [] : [["labels.txt", () => Promise.resolve(labels)] as const],
  ]);
}
