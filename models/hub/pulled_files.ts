import { createHash } from "node:crypto";
import { join } from "node:path";
import { describeFileError } from "../../lib/files/describe_file_error.ts";
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
    const model = await readVerifiedFile(entry.files.model, dataDir);
    const labels = await readVerifiedFile(entry.files.labels, dataDir);
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
export async function readVerifiedFile(
  file: RemoteFile,
  dataDir: string,
): Promise<Uint8Array<SharedArrayBuffer> | undefined> {
  // Messages reach clients, so they name the file inside the data directory only.
  const name = `hub/${file.sha256}`;
  let bytes: Uint8Array<SharedArrayBuffer>;
  try {
    using handle = await Deno.open(pulledFilePath(file, dataDir));
    const { size } = await handle.stat();
    if (size !== file.bytes) throw new Error(`its size is ${size} and must be ${file.bytes} bytes`);
    bytes = await readShared(handle, size);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw new Error(`the file ${name} is unusable (${describeFileError(error)})`, { cause: error });
  }
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  if (sha256 !== file.sha256) {
    throw new Error(`the file ${name} is damaged (its SHA-256 is ${sha256})`);
  }
  return bytes;
}

async function readShared(handle: Deno.FsFile, size: number) {
  const bytes = new Uint8Array(new SharedArrayBuffer(size));
  let length = 0;
  while (length < size) {
    const count = await handle.read(bytes.subarray(length));
    if (count === null) throw new Error(`it ends after ${length} of ${size} bytes`);
    length += count;
  }
  return bytes;
}
