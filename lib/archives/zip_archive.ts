import { type FileEntry, Reader, ZipReader } from "@zip.js/zip.js";
import { crc32, inflateRawSync } from "node:zlib";
import { ServiceError } from "../service_error.ts";
import type { ByteSource } from "./byte_source.ts";

// APPNOTE.TXT 6.3.10, 4.3.7 and 4.4.5.
const LOCAL_HEADER_BYTES = 30;
const LOCAL_HEADER_SIGNATURE = 0x04034b50;
const METHOD_STORED = 0;
const METHOD_DEFLATED = 8;

/**
 * Most times its own length that an archive unpacks to. Texts and numbers shrink to a tenth at best,
 * pictures and weights hardly at all; only a bomb shrinks more.
 */
export const ARCHIVE_RATIO_MAX = 100;

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
  /** Most bytes of all files together when unpacked. */
  totalBytesMax: number;
  /** How many times its own length an archive may have when unpacked. */
  ratioMax: number;
}

/** Where a file lies in the archive and what it claims to be; the library keeps far more of each. */
type PackedFile =
  & Pick<FileEntry, "offset" | "compressedSize" | "uncompressedSize" | "compressionMethod">
  & { signature: number | undefined };

/**
 * Lists the files of a zip archive. All that its directory shows to be wrong is refused here, before
 * anything is unpacked: encryption, links, paths that lead out of it or stand twice, files that
 * overlap, and bombs.
 *
 * @param source must stay readable while files are read
 * @throws {ServiceError} `invalid_archive`, or `body_too_large` beyond a limit
 */
export async function listArchive(
  source: ByteSource,
  limits: ArchiveLimits,
): Promise<ArchiveFile[]> {
  const files = new Map<string, ArchiveFile>();
  let entries = 0;
  let totalBytes = 0;
  const reader = new ZipReader(new SourceReader(source), { useWebWorkers: false });
  try {
    for await (const entry of reader.getEntriesGenerator()) {
      if (++entries > limits.entriesMax) {
        throw tooLarge(`it must have at most ${limits.entriesMax} entries`);
      }
      if (entry.directory) continue;
      const path = checkPath(entry.filename);
      if (entry.encrypted) throw invalid(`it must not be encrypted: ${quote(path)} is`);
      if (entry.symlink) throw invalid(`it must not hold links: ${quote(path)} is one`);
      if (files.has(path)) throw invalid(`its paths must stand once: ${quote(path)} stands twice`);
      totalBytes += entry.uncompressedSize;
      files.set(path, openFile(source, entry, path));
    }
  } catch (error) {
    throw toInvalid(error);
  }
  if (totalBytes > limits.totalBytesMax) {
    throw tooLarge(`it must unpack to at most ${limits.totalBytesMax} bytes: ${totalBytes}`);
  }
  if (totalBytes > source.length * limits.ratioMax) {
    throw tooLarge(`it must unpack to at most ${limits.ratioMax} times its length: ${totalBytes}`);
  }
  return [...files.values()];
}

function openFile(source: ByteSource, entry: FileEntry, path: string): ArchiveFile {
  const { offset, compressedSize, uncompressedSize, compressionMethod, signature } = entry;
  const packed = { offset, compressedSize, uncompressedSize, compressionMethod, signature };
  return { path, length: uncompressedSize, read: () => unpack(source, packed, path) };
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

/**
 * Reads and unpacks one file in one go. The library's own way goes through half a dozen streams for
 * each file, whose buffers cost 200 MB before they are collected.
 */
async function unpack(
  source: ByteSource,
  file: PackedFile,
  path: string,
): Promise<Uint8Array<ArrayBuffer>> {
  try {
    const packed = await readPacked(source, file);
    const bytes = inflate(packed, file);
    if (bytes.length !== file.uncompressedSize) {
      throw new RangeError(`it must have ${file.uncompressedSize} bytes: ${bytes.length}`);
    }
    if (crc32(bytes) !== file.signature) throw new RangeError("its CRC is wrong");
    return bytes;
  } catch (error) {
    throw toInvalid(error, path);
  }
}

/** Reads what lies behind the header of a file, whose name and extra fields have lengths of their own. */
async function readPacked(
  source: ByteSource,
  { offset, compressedSize }: PackedFile,
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
  { compressionMethod, uncompressedSize }: PackedFile,
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

function tooLarge(rule: string): ServiceError {
  return new ServiceError("body_too_large", `Cannot read the zip archive as ${rule}`);
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
