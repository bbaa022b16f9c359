import { isArchiveLitter } from "./archive_litter.ts";
import { createMemorySource } from "./byte_source.ts";
import { ARCHIVE_RATIO_MAX, listArchive } from "./zip_archive.ts";

/** How much an archive may hold. */
export interface UnzipLimits {
  /** Files and folders. */
  filesMax: number;
  /** Bytes of all files together, unpacked. */
  unpackedBytesMax: number;
}

/**
 * Unpacks a zip file in memory, but for what operating systems leave behind. Whatever the limits are,
 * it unpacks to at most `ARCHIVE_RATIO_MAX` times its length.
 *
 * @returns the files by their path, with `/` between its parts, in the order of the archive, each in
 * a buffer of its own
 * @throws {ServiceError} `invalid_archive` and `body_too_large` as `listArchive()`
 */
export async function unzipFiles(
  bytes: Uint8Array<ArrayBuffer>,
  { filesMax, unpackedBytesMax }: UnzipLimits,
): Promise<Map<string, Uint8Array<ArrayBuffer>>> {
  const archive = await listArchive(createMemorySource(bytes), {
    entriesMax: filesMax,
    totalBytesMax: unpackedBytesMax,
    ratioMax: ARCHIVE_RATIO_MAX,
  });
  const files = new Map<string, Uint8Array<ArrayBuffer>>();
  for (const file of archive) {
    if (!isArchiveLitter(file.path)) files.set(file.path, ownBytes(await file.read()));
  }
  return files;
}

/** What is stored without compression is a view of the archive, and would keep all of it. */
function ownBytes(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  return bytes.length === bytes.buffer.byteLength ? bytes : bytes.slice();
}
