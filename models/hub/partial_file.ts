import { createHash } from "node:crypto";
import { dirname } from "node:path";
import { describeFileError } from "../../lib/files/describe_file_error.ts";
import { syncDirectory } from "../../lib/files/sync_directory.ts";
import { writeAll } from "../../lib/files/write_all.ts";

/** What waiting for another pull depends on. */
export interface OpenPartialFileOptions {
  /** Ends the waiting. */
  signal: AbortSignal;
  /** Called once when another process or call holds the file. */
  onWait: () => void;
}

/**
 * A file on its way: it grows under a name of its own, which an interrupted pull leaves behind for
 * the next one to continue, and gets its final name when its content is known to be right.
 *
 * A lock of the operating system keeps two pulls of one file apart. Only its holder may rename or
 * remove the file, and the lock goes with the process, so a killed pull blocks nobody.
 */
export class PartialFile implements AsyncDisposable {
  readonly #file: Deno.FsFile;
  readonly #path: string;
  /** Of the content so far, so that a finished file needs no second reading. */
  #hash = createHash("sha256");
  #length = 0;

  private constructor(file: Deno.FsFile, path: string) {
    this.#file = file;
    this.#path = path;
  }

  /**
   * Opens the file, new or as it was left behind, waiting while another pull holds it.
   *
   * @throws {Error} when the directory cannot be written, and the signal's reason when it aborts.
   */
  static async open(path: string, options: OpenPartialFileOptions): Promise<PartialFile> {
    for (let attempt = 0;; attempt++) {
      options.signal.throwIfAborted();
      try {
        const file = await openLocked(path);
        if (file) {
          const partial = new PartialFile(file, path);
          await partial.#readExisting();
          return partial;
        }
      } catch (error) {
        throw storageError(path, error);
      }
      if (attempt === 0) options.onWait();
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  /** Number of bytes so far. */
  get length(): number {
    return this.#length;
  }

  /** SHA-256 of the bytes so far, in hexadecimal. */
  get sha256(): string {
    return this.#hash.copy().digest("hex");
  }

  /** Throws the content away. */
  async rewind(): Promise<void> {
    await this.#file.truncate(0);
    await this.#file.seek(0, Deno.SeekMode.Start);
    this.#hash = createHash("sha256");
    this.#length = 0;
  }

  /**
   * Adds bytes at the end.
   *
   * @throws {Error} when the disk is full; the content is then gone, to give the space back.
   */
  async append(bytes: Uint8Array): Promise<void> {
    try {
      await writeAll(this.#file, bytes);
    } catch (error) {
      // Should this fail too, the checksum will tell on the next pull.
      await this.rewind().catch(() => {});
      throw storageError(this.#path, error);
    }
    this.#hash.update(bytes);
    this.#length += bytes.length;
  }

  /** Forces the content to the disk and gives the file its final name in the same directory. */
  async rename(finalPath: string): Promise<void> {
    try {
      await this.#file.sync();
      await Deno.rename(this.#path, finalPath);
      await syncDirectory(dirname(finalPath));
    } catch (error) {
      throw storageError(finalPath, error);
    }
  }

  /** Lets go of the file; without content it is removed. */
  async [Symbol.asyncDispose](): Promise<void> {
    // Removed while the lock is held: afterwards another pull may have begun to fill it.
    if (this.#length === 0) await Deno.remove(this.#path).catch(() => {});
    this.#file.close();
  }

  async #readExisting(): Promise<void> {
    try {
      const buffer = new Uint8Array(256 * 1024);
      for (;;) {
        const count = await this.#file.read(buffer);
        if (count === null) return;
        this.#hash.update(buffer.subarray(0, count));
        this.#length += count;
      }
    } catch (error) {
      this.#file.close();
      throw error;
    }
  }
}

/** The opened file when this call now holds the lock on the file of this name. */
async function openLocked(path: string): Promise<Deno.FsFile | undefined> {
  const file = await Deno.open(path, { read: true, write: true, create: true });
  try {
    if (await file.tryLock(true) && await hasName(file, path)) return file;
  } catch (error) {
    file.close();
    throw error;
  }
  file.close();
  return undefined;
}

/** The lock's last holder may have renamed or removed the file between our opening and locking. */
async function hasName(file: Deno.FsFile, path: string): Promise<boolean> {
  const named = await Deno.stat(path).catch(() => undefined);
  const opened = await file.stat();
  return named !== undefined && named.dev === opened.dev && named.ino === opened.ino;
}

function storageError(path: string, error: unknown): Error {
  return new Error(
    `Cannot write ${path} as ${describeFileError(error)}: ` +
      "free space or make DATA_DIR writable, and pull again",
    { cause: error },
  );
}
