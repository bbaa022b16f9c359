import { join } from "node:path";
import { describeFileError } from "../../lib/files/describe_file_error.ts";
import type { RemoteFile } from "../catalog.ts";

/**
 * A source that does not give the file. The message completes the sentence that the source's name
 * begins: `mirror /srv/hub` + `has no such file`.
 */
export class SourceError extends Error {
  /** Tells it from other errors in logs. */
  override readonly name = "SourceError";
}

/** Some bytes of a file, and where in the file they stand. */
export interface FileChunk {
  /** Where the first of the bytes stands in the file. */
  offset: number;
  /** At least one byte. */
  bytes: Uint8Array;
}

/** A place that a file can be read from. */
export interface FileSource {
  /** For messages about this file. */
  name: string;
  /** The mirror or the public host, for a summary of several files. */
  origin: string;
  /**
   * Reads the file in order from `offset` on, or from its start where the source cannot begin
   * elsewhere; the first chunk tells which. What comes is not checked in any way.
   *
   * @throws {SourceError} when the source does not have the file or breaks off.
   */
  read(offset: number, signal: AbortSignal): AsyncIterable<FileChunk>;
}

/** Where to look for files, and how long. */
export interface FileSourceOptions {
  /** A folder, or an http(s) base URL, that holds files named by their SHA-256. */
  hubMirror?: string | undefined;
  /** How long a server may send nothing, before and during its answer. */
  idleTimeoutMs: number;
  /** Reads http(s) addresses. */
  fetch: typeof fetch;
}

/**
 * The places to ask for a file, in order: the mirror where there is one, then the public address.
 *
 * @throws {SyntaxError} when the mirror looks like a URL and is not one.
 */
export function fileSources(file: RemoteFile, options: FileSourceOptions): FileSource[] {
  const publicSource: FileSource = {
    name: file.url,
    origin: new URL(file.url).host,
    read: (offset, signal) => readUrl(new URL(file.url), offset, { ...options, file, signal }),
  };
  const mirror = options.hubMirror;
  if (!mirror) return [publicSource];
  if (!/^[a-z]+:\/\//i.test(mirror)) {
    const name = `mirror ${mirror}`;
    const read = (offset: number) => readPath(join(mirror, file.sha256), offset);
    return [{ name, origin: name, read }, publicSource];
  }
  const url = mirrorUrl(mirror, file);
  return [{
    // A mirror's address may carry a password or a token, which have no place in a message.
    name: `mirror ${url.origin}${url.pathname}`,
    origin: `mirror ${url.origin}`,
    read: (offset, signal) => readUrl(url, offset, { ...options, file, signal }),
  }, publicSource];
}

function mirrorUrl(mirror: string, file: RemoteFile): URL {
  const url = URL.parse(mirror);
  if (!url || !/^https?:$/.test(url.protocol)) {
    throw new SyntaxError(
      "Cannot use HUB_MIRROR as it must be a folder or an http(s) base URL: " +
        `current value is ${mirror}`,
    );
  }
  url.pathname = `${url.pathname.replace(/\/+$/, "")}/${file.sha256}`;
  return url;
}

async function* readPath(path: string, offset: number): AsyncGenerator<FileChunk> {
  try {
    using file = await Deno.open(path);
    await file.seek(offset, Deno.SeekMode.Start);
    let position = offset;
    for (;;) {
      const bytes = new Uint8Array(256 * 1024);
      const count = await file.read(bytes);
      if (count === null) return;
      yield { offset: position, bytes: bytes.subarray(0, count) };
      position += count;
    }
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) {
      throw new SourceError("has no such file", { cause });
    }
    throw new SourceError(`cannot be read as ${describeFileError(cause)}`, { cause });
  }
}

interface ReadUrlOptions extends FileSourceOptions {
  file: RemoteFile;
  signal: AbortSignal;
}

async function* readUrl(
  url: URL,
  offset: number,
  options: ReadUrlOptions,
): AsyncGenerator<FileChunk> {
  const { signal, idleTimeoutMs } = options;
  const idle = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const restartTimer = () => {
    clearTimeout(timer);
    timer = setTimeout(() => idle.abort(), idleTimeoutMs);
  };
  try {
    restartTimer();
    const response = await request(url, offset, {
      ...options,
      signal: AbortSignal.any([signal, idle.signal]),
    });
    let position = response.status === 206 ? offset : 0;
    for await (const bytes of response.body ?? []) {
      // The time that the reader takes to store a chunk is not the server's.
      clearTimeout(timer);
      yield { offset: position, bytes };
      position += bytes.length;
      restartTimer();
    }
  } catch (cause) {
    signal.throwIfAborted();
    if (cause instanceof SourceError) throw cause;
    if (idle.signal.aborted) {
      throw new SourceError(`sent nothing for ${idleTimeoutMs / 1000} s`, { cause });
    }
    throw new SourceError(`cannot be read: ${describeNetworkError(cause)}`, { cause });
  } finally {
    clearTimeout(timer);
  }
}

/** Asks for the file from `offset` on, or for all of it where the server does not resume. */
async function request(url: URL, offset: number, options: ReadUrlOptions): Promise<Response> {
  // Compressed, the bytes of a range would not be those of the file.
  const headers = { "accept-encoding": "identity" };
  const { file, signal } = options;
  if (offset > 0) {
    const range = `bytes=${offset}-`;
    const partial = await options.fetch(url, { headers: { ...headers, range }, signal });
    const contentRange = partial.headers.get("content-range");
    const whole = `bytes ${offset}-${file.bytes - 1}/`;
    const resumes = partial.status === 206 &&
      (contentRange === whole + file.bytes || contentRange === `${whole}*`);
    if (resumes || partial.status === 200) return partial;
    await partial.body?.cancel();
  }
  const response = await options.fetch(url, { headers, signal });
  if (response.status === 200) return response;
  await response.body?.cancel();
  throw new SourceError(`answered ${response.status} ${response.statusText}`.trim());
}

function describeNetworkError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // `fetch` hides the reason in the cause, behind the address, which may carry a token.
  const message = error.cause instanceof Error ? error.cause.message : error.message;
  return message.replace(/^error sending request for url \(.*?\): /, "");
}
