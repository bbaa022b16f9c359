import { join } from "node:path";
import { describeFileError } from "./describe_file_error.ts";
import { writeAll } from "./write_all.ts";

/**
 * Claims a data directory for this process, so that two servers cannot work on one; the directory
 * is made when it does not exist. The claim is an advisory lock of the operating system on the file
 * `lock` inside, held until it is disposed of. It goes with the process, so nothing has to be
 * cleaned up after a crash. The file itself stays: only the lock on it counts.
 *
 * @throws {Error} when another process (named by its id) holds the directory, or when the
 * directory cannot be written.
 *
 * @example
 * ```ts
 * import { lockDirectory } from "./directory_lock.ts";
 *
 * const path = await Deno.makeTempDir();
 * {
 *   using _lock = await lockDirectory(path);
 *   // Work on the directory.
 * }
 * await Deno.remove(path, { recursive: true });
 * ```
 */
export async function lockDirectory(path: string): Promise<Disposable> {
  const file = await openLockFile(path);
  try {
    if (!(await file.tryLock(true))) {
      const holder = await readHolder(path);
      throw new Error(
        `Cannot use the data directory ${path} as ${holder} holds it: ` +
          "stop that process, or set DATA_DIR to another directory",
      );
    }
    await writeHolder(file, path);
    return file;
  } catch (error) {
    file.close();
    throw error;
  }
}

async function writeHolder(file: Deno.FsFile, path: string): Promise<void> {
  try {
    await file.truncate(0);
    await writeAll(file, new TextEncoder().encode(`${Deno.pid}\n`));
  } catch (error) {
    throw unusable(path, error);
  }
}

function unusable(path: string, error: unknown): Error {
  return new Error(
    `Cannot use the data directory ${path} as ${describeFileError(error)}: ` +
      "make it writable, or set DATA_DIR to another directory",
    { cause: error },
  );
}

async function openLockFile(path: string): Promise<Deno.FsFile> {
  try {
    await Deno.mkdir(path, { recursive: true });
    return await Deno.open(join(path, "lock"), { create: true, write: true });
  } catch (error) {
    throw unusable(path, error);
  }
}

async function readHolder(path: string): Promise<string> {
  // The holder may not have written its id yet, and Windows lets nobody else read a locked file.
  const text = await Deno.readTextFile(join(path, "lock")).catch(() => "");
  return /^\d+\n$/.test(text) ? `process ${text.trim()}` : "another process";
}
