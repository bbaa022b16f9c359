import { join } from "node:path";
import { ServiceError } from "../service_error.ts";
import { writeAll } from "./write_all.ts";

/** A file that goes when it is disposed of. */
export interface TemporaryFile extends AsyncDisposable {
  /** Open for reading and writing. */
  file: Deno.FsFile;
  /** Its bytes. */
  length: number;
}

/** What {@linkcode receiveTemporaryFile} needs. */
export interface ReceiveTemporaryFileOptions {
  /** An existing folder, on a disk with room. */
  directory: string;
  /** Most bytes. */
  bytesMax: number;
}

/**
 * Receives a stream into a file without a name, so that not even a killed process leaves one behind.
 * Windows cannot remove an open file; there it goes when it is disposed of.
 *
 * @throws {ServiceError} `body_too_large`
 * @throws what the stream or the disk fails with
 */
export async function receiveTemporaryFile(
  stream: ReadableStream<Uint8Array>,
  { directory, bytesMax }: ReceiveTemporaryFileOptions,
): Promise<TemporaryFile> {
  const path = join(directory, `${crypto.randomUUID()}.temporary`);
  const file = await Deno.open(path, { createNew: true, read: true, write: true });
  const isRemoved = await Deno.remove(path).then(() => true, () => false);
  async function dispose(): Promise<void> {
    file.close();
    if (!isRemoved) await Deno.remove(path);
  }
  try {
    let length = 0;
    for await (const chunk of stream) {
      length += chunk.length;
      if (length > bytesMax) {
        throw new ServiceError(
          "body_too_large",
          `Cannot accept the body as it must have at most ${bytesMax} bytes: it has more`,
        );
      }
      await writeAll(file, chunk);
    }
    return { file, length, [Symbol.asyncDispose]: dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}
