import { createHash } from "node:crypto";
import { describeFileError } from "./describe_file_error.ts";

/** What a file must be. */
export interface FileIdentity {
  /** How messages call it: they may reach clients, so it is no path outside of the data. */
  name: string;
  /** Its size. */
  bytes: number;
  /** 64 lower-case hexadecimal digits. */
  sha256: string;
}

/**
 * Reads one file into shared memory, so that posting it to any number of workers copies nothing, and
 * checks its size and SHA-256.
 *
 * @returns `undefined` when it is not there
 * @throws {Error} when it cannot be read, or when its size or SHA-256 is another; the message is a
 * clause that goes on after "as"
 */
export async function readVerifiedFile(
  path: string,
  { name, bytes, sha256 }: FileIdentity,
): Promise<Uint8Array<SharedArrayBuffer> | undefined> {
  let content: Uint8Array<SharedArrayBuffer>;
  try {
    using handle = await Deno.open(path);
    const { size } = await handle.stat();
    if (size !== bytes) throw new Error(`its size is ${size} and must be ${bytes} bytes`);
    content = await readShared(handle, size);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw new Error(`the file ${name} is unusable (${describeFileError(error)})`, { cause: error });
  }
  const found = createHash("sha256").update(content).digest("hex");
  if (found !== sha256) throw new Error(`the file ${name} is damaged (its SHA-256 is ${found})`);
  return content;
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
