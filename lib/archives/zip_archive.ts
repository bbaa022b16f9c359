import { type FileEntry, Reader, ZipReader } from "@zip.js/zip.js";
import { crc32, inflateRawSync } from "node:zlib";
import { ServiceError } from "../service_error.ts";
import type { ByteSource } from "./byte_source.ts";

// APPNOTE.TXT 6.3.10, 4.3.7 and 4.4.5.
const LOCAL_HEADER_BYTES = 30;
const LOCAL_HEADER_SIGNATURE = 0x04034b50;
const METHOD_STORED = 0;
const METHOD_DEFLATED = 8;

/** A file in an archive. */
export interface ArchiveFile {
  /** Folders and name, separated by slashes; it stays inside the archive. */
  path: string;
  /** Bytes when unpacked, as the archive claims. */
  length: number;
  /**
   * Unpacks it and checks its CRC.
   *
   * @throws {ServiceError} `invalid_archive` when it is damaged or longer than it claims.
   */
  read(): Promise<Uint8Array<ArrayBuffer>>;
}

/** Limits of an archive. */
export interface ArchiveLimits {
  /** Most files and folders. */
  entriesMax: number;
  /** Most bytes of one file when unpacked. */
  fileBytesMax: number;
  /** Most bytes of all files together when unpacked. */
  totalBytesMax: number;
  /** How many times its own length an archive may have when unpacked. */
  ratioMax: number;
}

/**
 * Lists the files of a zip archive. All that its directory shows to be wrong is refused here, before
 * anything is unpacked: encryption, paths that lead out of it, files that overlap, and bombs.
 *
 * @param source must stay readable while files are read
 * @throws {ServiceError} `invalid_archive`
 */
export async function listArchive(
  source: ByteSource,
  limits: ArchiveLimits,
): Promise<ArchiveFile[]> {
  const files: ArchiveFile[] = [];
  let entries = 0;
  let totalBytes = 0;
  const reader = new ZipReader(new SourceReader(source), { useWebWorkers: false });
  try {
    for await (const entry of reader.getEntriesGenerator()) {
      if (++entries > limits.entriesMax) {
        throw invalid(`it must have at most ${limits.entriesMax} entries`);
      }
      if (entry.directory) continue;
      const path = checkPath(entry.filename);
      if (entry.encrypted) throw invalid(`it must not be encrypted: ${quote(path)} is`);
      totalBytes += checkLength(entry, { path, limits });
      files.push({ path, length: entry.uncompressedSize, read: () => unpack(source, entry, path) });
    }
  } catch (error) {
    throw toInvalid(error);
  }
  if (totalBytes > limits.totalBytesMax) {
    throw invalid(`it must unpack to at most ${limits.totalBytesMax} bytes: ${totalBytes}`);
  }
  if (totalBytes > source.length * limits.ratioMax) {
    throw invalid(`it must unpack to at most ${limits.ratioMax} times its length`);
  }
  return files;
}

class SourceReader extends Reader<ByteSource> {
  constructor(private readonly source: ByteSource) {
    super(source);
    this.size = source.length;
  }

  override readUint8Array(offset: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
    return this.source.read(offset, length);
  }
}

/** Windows tools write backslashes; both count as separators, and names of folders only as such. */
function checkPath(name: string): string {
  const path = name.replaceAll("\\", "/");
  const isAbsolute = path.startsWith("/") || /^[a-z]:/i.test(path);
  if (isAbsolute || path.split("/").includes("..") || path.includes("\0")) {
    throw invalid(`its paths must stay inside it: ${quote(path)} does not`);
  }
  return path.split("/").filter((part) => part !== "" && part !== ".").join("/");
}

function checkLength(
  { uncompressedSize }: FileEntry,
  { path, limits }: { path: string; limits: ArchiveLimits },
): number {
  if (uncompressedSize <= limits.fileBytesMax) return uncompressedSize;
  throw invalid(
    `a file must have at most ${limits.fileBytesMax} bytes: ${quote(path)} has ${uncompressedSize}`,
  );
}

/**
 * Reads and unpacks one file in one go. The library's own way goes through half a dozen streams for
 * each file, whose buffers cost 200 MB before they are collected.
 */
async function unpack(
  source: ByteSource,
  entry: FileEntry,
  path: string,
): Promise<Uint8Array<ArrayBuffer>> {
  try {
    const packed = await readPacked(source, entry);
    const bytes = inflate(packed, entry);
    if (bytes.length !== entry.uncompressedSize) {
      throw new RangeError(`it must have ${entry.uncompressedSize} bytes: ${bytes.length}`);
    }
    if (crc32(bytes) !== entry.signature) throw new RangeError("its CRC is wrong");
    return bytes;
  } catch (error) {
    throw toInvalid(error, path);
  }
}

/** Reads what lies behind the header of a file, whose name and extra fields have lengths of their own. */
async function readPacked(
  source: ByteSource,
  { offset, compressedSize }: FileEntry,
): Promise<Uint8Array<ArrayBuffer>> {
  const header = await source.read(offset, LOCAL_HEADER_BYTES);
  const view = new DataView(header.buffer, header.byteOffset, header.length);
  if (header.length < LOCAL_HEADER_BYTES || view.getUint32(0, true) !== LOCAL_HEADER_SIGNATURE) {
    throw new RangeError("it has no header where the directory says");
  }
  const start = offset + LOCAL_HEADER_BYTES + view.getUint16(26, true) + view.getUint16(28, true);
  const packed = await source.read(start, compressedSize);
  if (packed.length === compressedSize) return packed;
  throw new RangeError(`it must have ${compressedSize} packed bytes: ${packed.length}`);
}

function inflate(
  packed: Uint8Array<ArrayBuffer>,
  { compressionMethod, uncompressedSize }: FileEntry,
): Uint8Array<ArrayBuffer> {
  switch (compressionMethod) {
    case METHOD_STORED:
      return packed;
    case METHOD_DEFLATED:
      return inflateOnce(packed, uncompressedSize);
    default:
      throw new RangeError(`it must be stored or deflated: method ${compressionMethod}`);
  }
}

function inflateOnce(
  packed: Uint8Array<ArrayBuffer>,
  length: number,
): Uint8Array<ArrayBuffer> {
  // What claims to be small and is not ends here; the least limit that zlib takes is 1.
  const unpacked = inflateRawSync(packed, { maxOutputLength: Math.max(1, length) });
  return new Uint8Array(unpacked.buffer as ArrayBuffer, unpacked.byteOffset, unpacked.length);
}

function invalid(rule: string, cause?: unknown): ServiceError {
  return new ServiceError("invalid_archive", `Cannot read the zip archive as ${rule}`, { cause });
}

function toInvalid(error: unknown, path?: string): ServiceError {
  if (error instanceof ServiceError) return error;
  const reason = error instanceof Error ? error.message : String(error);
  const where = path === undefined ? "it" : quote(path);
  return invalid(`${where} is damaged: ${reason}`, error);
}

function quote(path: string): string {
  return JSON.stringify(path.slice(0, 200));
}
