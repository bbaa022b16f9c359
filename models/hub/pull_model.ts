import { dirname } from "node:path";
import { describeFileError } from "../../lib/files/describe_file_error.ts";
import type { CatalogEntry, RemoteFile } from "../catalog.ts";
import { type FileSource, fileSources, SourceError } from "./file_source.ts";
import { PartialFile } from "./partial_file.ts";
import { pulledFilePath, readPulledFile } from "./pulled_files.ts";

/** How far the file in hand has come. */
export interface PullProgress {
  /** Which of the model's files it is. */
  file: keyof CatalogEntry["files"];
  /** What is on the disk, bytes of an earlier pull included. */
  receivedBytes: number;
  /** The size that the catalogue says. */
  totalBytes: number;
}

/** Where files come from and go to, and who is told of it. */
export interface PullOptions {
  /** Files go to the folder `hub` inside, which is made when it does not exist. */
  dataDir: string;
  /** A folder or base URL that holds files named by SHA-256; asked before the public address. */
  hubMirror?: string | undefined;
  /** Ends the pull with the signal's reason; what was received so far is kept for the next one. */
  signal?: AbortSignal;
  /** A server that sends nothing for this long is given up. Default: 30,000. */
  idleTimeoutMs?: number;
  /** Told of every piece that arrives. */
  onProgress?: (progress: PullProgress) => void;
  /** Told in a sentence what went wrong where the pull can go on all the same. */
  onWarning?: (message: string) => void;
  /** Reads http(s) addresses. Default: the global `fetch`. */
  fetch?: typeof fetch;
}

/** What a pull did. */
export interface PullResult {
  /** The mirror or the hosts that gave a file; empty when all files were there already. */
  origins: string[];
}

/**
 * Fetches the files of a model that are not there yet. Each is checked against the size and the
 * SHA-256 of the catalogue before it gets its name, so a failed pull leaves nothing that could be
 * taken for a good file. A pull that was interrupted is continued where it stopped, if the server
 * can; two pulls of one file at once wait for each other and fetch it once.
 *
 * @throws {Error} when no source gives a file with the right content, or when the disk is full or
 * cannot be written; the message says what to do.
 */
export async function pullModel(entry: CatalogEntry, options: PullOptions): Promise<PullResult> {
  const origins = new Set<string>();
  for (const role of ["labels", "model"] as const) {
    const file = entry.files[role];
    const label = `the ${role} file of ${entry.name}`;
    const source = await pullFile(file, { ...options, role, label });
    if (source) origins.add(source.origin);
  }
  return { origins: [...origins] };
}

interface PullFileOptions extends PullOptions {
  role: PullProgress["file"];
  /** For messages. */
  label: string;
}

/** The source that gave the file, or undefined when it was there already. */
async function pullFile(
  file: RemoteFile,
  options: PullFileOptions,
): Promise<FileSource | undefined> {
  const { dataDir, label, onWarning } = options;
  const signal = options.signal ?? new AbortController().signal;
  const path = pulledFilePath(file, dataDir);
  await makeDirectory(dirname(path));
  if (await isThere(file, options)) return undefined;

  let waited = false;
  await using partial = await PartialFile.open(`${path}.partial`, {
    signal,
    onWait: () => {
      waited = true;
      onWarning?.(`Another pull of ${label} is running: waiting for it`);
    },
  });
  if (waited && await isThere(file, options)) return undefined;

  const sources = fileSources(file, {
    hubMirror: options.hubMirror,
    idleTimeoutMs: options.idleTimeoutMs ?? 30_000,
    fetch: options.fetch ?? fetch,
  });
  const failures: string[] = [];
  const errors: SourceError[] = [];
  for (const source of sources) {
    try {
      await download(source, partial, { ...options, file, signal });
      await partial.rename(path);
      return source;
    } catch (error) {
      if (!(error instanceof SourceError)) throw error;
      errors.push(error);
      failures.push(`${source.name} ${error.message}`);
      if (failures.length < sources.length) {
        onWarning?.(`${failures.at(-1)}: asking the next source for ${label}`);
      }
    }
  }
  throw new Error(
    `Cannot pull ${label} as no source gave it:\n  - ${failures.join("\n  - ")}\n` +
      "Check the connection and pull again, or set HUB_MIRROR to a folder or base URL that " +
      `holds the file under the name ${file.sha256}`,
    { cause: new AggregateError(errors) },
  );
}

async function makeDirectory(path: string): Promise<void> {
  try {
    await Deno.mkdir(path, { recursive: true });
  } catch (error) {
    throw new Error(
      `Cannot make the directory ${path} as ${describeFileError(error)}: ` +
        "set DATA_DIR to a directory that can be written",
      { cause: error },
    );
  }
}

async function isThere(file: RemoteFile, options: PullFileOptions): Promise<boolean> {
  try {
    return await readPulledFile(file, options.dataDir) !== undefined;
  } catch (error) {
    options.onWarning?.(
      `Fetching ${options.label} again as ${error instanceof Error ? error.message : error}`,
    );
    return false;
  }
}

interface DownloadOptions extends PullFileOptions {
  file: RemoteFile;
  signal: AbortSignal;
}

/** Completes the file from one source and checks it, or throws a {@linkcode SourceError}. */
async function download(
  source: FileSource,
  partial: PartialFile,
  options: DownloadOptions,
): Promise<void> {
  const resumed = partial.length > 0;
  try {
    await fill(source, partial, options);
  } catch (error) {
    // What an earlier pull left may have been wrong, so this source gets a chance of its own.
    if (!(error instanceof SourceError) || !resumed || partial.length > 0) throw error;
    await fill(source, partial, options);
  }
}

async function fill(
  source: FileSource,
  partial: PartialFile,
  options: DownloadOptions,
): Promise<void> {
  const { file, signal } = options;
  if (partial.length < file.bytes) {
    for await (const chunk of source.read(partial.length, signal)) {
      signal.throwIfAborted();
      if (chunk.offset !== partial.length) await partial.rewind();
      if (partial.length + chunk.bytes.length > file.bytes) {
        await partial.rewind();
        throw new SourceError(`sent more than the ${file.bytes} bytes of the catalogue`);
      }
      await partial.append(chunk.bytes);
      options.onProgress?.({
        file: options.role,
        receivedBytes: partial.length,
        totalBytes: file.bytes,
      });
    }
  }
  // One that was left behind too long fails the next check, which throws it away.
  if (partial.length < file.bytes) {
    throw new SourceError(`ended after ${partial.length} of ${file.bytes} bytes`);
  }
  const { sha256 } = partial;
  if (sha256 === file.sha256) return;
  await partial.rewind();
  throw new SourceError(`sent other content than the catalogue says: its SHA-256 is ${sha256}`);
}
