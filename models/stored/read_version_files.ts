import { ServiceError } from "../../lib/service_error.ts";
import { hashLargeBytes, readBlob } from "../../lib/storage/blobs.ts";
import type { Database } from "../../lib/storage/database.ts";
import type { PublishedVersion } from "../../lib/storage/models/publish_version.ts";
import { listModelFiles } from "../../lib/storage/models/stored_models.ts";
import type { Bytes } from "../../lib/storage/schema.ts";

/**
 * Reads files of a stored version.
 *
 * @param toName the name of a file out of its path in the version; `undefined` for those that are
 * not wanted
 * @returns the files by their name
 * @throws {ServiceError} `model_unusable` if a file is gone or damaged
 */
export async function readVersionFiles(
  database: Database,
  named: PublishedVersion,
  toName: (path: string) => string | undefined,
): Promise<Map<string, Bytes>> {
  const files = new Map<string, Bytes>();
  for (const [name, read] of await openVersionFiles(database, named, toName)) {
    files.set(name, await read());
  }
  return files;
}

/**
 * Lists files of a stored version, to read some of them.
 *
 * @param toName as in {@linkcode readVersionFiles}
 * @returns by their name what reads the files; it throws as {@linkcode readVersionFiles} does
 */
export async function openVersionFiles(
  database: Database,
  named: PublishedVersion,
  toName: (path: string) => string | undefined,
): Promise<Map<string, () => Promise<Bytes>>> {
  const files = new Map<string, () => Promise<Bytes>>();
  for (const { path, sha256 } of await listModelFiles(database, named)) {
    const name = toName(path);
    if (name !== undefined) files.set(name, () => readFile(database, { ...named, name, sha256 }));
  }
  return files;
}

async function readFile(
  database: Database,
  { model, version, name, sha256 }: PublishedVersion & { name: string; sha256: string },
): Promise<Bytes> {
  const bytes = await readBlob(database, sha256);
  if (bytes && await hashLargeBytes(bytes) === sha256) return bytes;
  const fault = bytes ? "damaged" : "gone";
  throw new ServiceError(
    "model_unusable",
    `Cannot read version ${version} of model ${model} as its file ${name} is ${fault}`,
  );
}
