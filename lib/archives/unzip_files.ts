import {
  configure,
  type FileEntry,
  Uint8ArrayReader,
  Uint8ArrayWriter,
  ZipReader,
} from "@zip.js/zip.js";
import { ServiceError } from "../service_error.ts";

// Its own workers would be started from `data:` addresses and gain nothing on one archive at a time.
configure({ useWebWorkers: false });

/** How much an archive may hold. */
export interface UnzipLimits {
  /** Files, those that are skipped included. */
  filesMax: number;
  /** Bytes of all files together, unpacked. */
  unpackedBytesMax: number;
}

/** What operating systems leave in archives: resource forks, and files whose name begins with a dot. */
const LITTER = /(^|\/)(__MACOSX\/|\.|Thumbs\.db$|desktop\.ini$)/;

/**
 * Unpacks a zip file in memory. Sizes are added up before anything is unpacked, and no entry can
 * give more than it declares. Folders and what operating systems leave behind are skipped.
 *
 * @returns the files by their path, with `/` between its parts, in the order of the archive
 * @throws {ServiceError} `malformed_request` if the file is broken, encrypted, or has a path that
 * leads out of it, a link, or the same path twice; `body_too_large` if it is beyond the limits
 */
export async function unzipFiles(
  bytes: Uint8Array,
  limits: UnzipLimits,
): Promise<Map<string, Uint8Array<ArrayBuffer>>> {
  try {
    const files = new Map<string, Uint8Array<ArrayBuffer>>();
    for (const [path, entry] of await listEntries(bytes, limits)) {
      files.set(path, await entry.getData(new Uint8ArrayWriter()) as Uint8Array<ArrayBuffer>);
    }
    return files;
  } catch (error) {
    if (error instanceof ServiceError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    const { filename } = error as { filename?: unknown };
    const where = typeof filename === "string" ? ` (${filename.slice(0, 100)})` : "";
    throw refuse(`it is broken: ${reason}${where}`, { cause: error });
  }
}

/** The entries that are files, checked as far as their headers tell. */
async function listEntries(
  bytes: Uint8Array,
  { filesMax, unpackedBytesMax }: UnzipLimits,
): Promise<Map<string, FileEntry>> {
  const reader = new ZipReader(new Uint8ArrayReader(bytes), {
    checkCrc32: true,
    // Windows writes them, and zip.js checks the path that comes out of this.
    normalizeFilename: (path) => path.replaceAll("\\", "/"),
  });
  const entries = new Map<string, FileEntry>();
  let [count, unpackedBytes] = [0, 0];
  for await (const entry of reader.getEntriesGenerator()) {
    if (++count > filesMax) {
      throw tooLarge(`it must hold at most ${filesMax} files`);
    }
    const { filename } = entry;
    if (entry.directory || LITTER.test(filename)) continue;
    if (entry.encrypted) throw refuse(`it must not be encrypted: found ${filename}`);
    if (entry.symlink) throw refuse(`it must not hold links: found ${filename}`);
    if (entries.has(filename)) throw refuse(`each path must stand once: found ${filename} twice`);
    unpackedBytes += entry.uncompressedSize;
    if (unpackedBytes > unpackedBytesMax) {
      throw tooLarge(`it must hold at most ${unpackedBytesMax} bytes when it is unpacked`);
    }
    entries.set(filename, entry);
  }
  return entries;
}

function refuse(rule: string, options?: ErrorOptions): ServiceError {
  return new ServiceError("malformed_request", `Cannot read zip file as ${rule}`, options);
}

function tooLarge(rule: string): ServiceError {
  return new ServiceError("body_too_large", `Cannot read zip file as ${rule}`);
}
