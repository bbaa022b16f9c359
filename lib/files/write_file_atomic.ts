import { dirname } from "node:path";
import { describeFileError } from "./describe_file_error.ts";
import { syncDirectory } from "./sync_directory.ts";
import { writeAll } from "./write_all.ts";

/**
 * Writes a file so that its name only ever holds the old content or the whole new content, even
 * when the process dies or the power fails: the bytes go to a temporary file beside it, are forced
 * to the disk, and are then renamed into place. The directory must exist.
 *
 * A process that is killed half-way leaves a file that ends in `.temporary`, which may be removed.
 *
 * @throws {Error} when the disk is full or the directory cannot be written; what stood under the
 * name before still does.
 */
export async function writeFileAtomic(path: string, bytes: Uint8Array): Promise<void> {
  const temporaryPath = `${path}.${crypto.randomUUID()}.temporary`;
  try {
    await writeAndSync(temporaryPath, bytes);
    await Deno.rename(temporaryPath, path);
    await syncDirectory(dirname(path));
  } catch (error) {
    // The first fault is the one to report: the temporary file may not even exist.
    await Deno.remove(temporaryPath).catch(() => {});
    throw new Error(`Cannot write ${path} as ${describeFileError(error)}`, { cause: error });
  }
}

async function writeAndSync(path: string, bytes: Uint8Array): Promise<void> {
  using file = await Deno.open(path, { write: true, createNew: true });
  await writeAll(file, bytes);
  await file.sync();
}
