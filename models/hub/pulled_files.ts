import { join } from "node:path";
import { readVerifiedFile } from "../../lib/files/read_verified_file.ts";
import { ServiceError } from "../../lib/service_error.ts";
import type { CatalogEntry, RemoteFile } from "../catalog.ts";

/**
 * The content of a pulled model's files. The memory is shared, so that posting it to any number of
 * workers copies nothing; nobody writes to it.
 */
export type PulledFiles = Record<keyof CatalogEntry["files"], Uint8Array<SharedArrayBuffer>>;

/**
 * Where a pulled file lies. Its name is its content's SHA-256, so that models share a label file
 * and the folder can serve as another machine's `HUB_MIRROR`.
 */
export function pulledFilePath(file: RemoteFile, dataDir: string): string {
  return join(dataDir, "hub", file.sha256);
}

/**
 * Says whether every file of a model is there with the right size. The content is checked when it
 * is pulled and whenever it is read, not here, so that listing models stays cheap.
 */
export async function isPulled(entry: CatalogEntry, dataDir: string): Promise<boolean> {
  for (const file of Object.values(entry.files)) {
    const info = await Deno.stat(pulledFilePath(file, dataDir)).catch(() => undefined);
    if (!info?.isFile || info.size !== file.bytes) return false;
  }
  return true;
}

/**
 * Reads the files of a pulled model and checks their size and SHA-256.
 *
 * @returns undefined when a file is missing, that is when the model was not pulled.
 * @throws {ServiceError} `model_unusable` when a file cannot be read or has other content than the
 * catalogue says; the message names the file and tells how to mend it.
 */
export async function readPulledFiles(
  entry: CatalogEntry,
  dataDir: string,
): Promise<PulledFiles | undefined> {
  try {
    const model = await readPulledFile(entry.files.model, dataDir);
    const labels = await readPulledFile(entry.files.labels, dataDir);
    return model && labels && { model, labels };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ServiceError(
      "model_unusable",
      `Cannot load ${entry.name} as ${reason}: pull it again with: deno task pull ${entry.name}`,
      { cause: error },
    );
  }
}

/**
 * Reads one pulled file into shared memory.
 *
 * @returns undefined when it is not there.
 * @throws {Error} when it cannot be read, or when its size or SHA-256 is not the catalogue's.
 */
export async function readPulledFile(
  file: RemoteFile,
  dataDir: string,
): Promise<Uint8Array<SharedArrayBuffer> | undefined> {
  return await readVerifiedFile(pulledFilePath(file, dataDir), {
    ...file,
    name: `hub/${file.sha256}`,
  });
}
