import { runWorkerOnce } from "../threads/run_worker_once.ts";

/** Settings of {@linkcode packFiles}. */
export interface PackFilesOptions {
  /** Milliseconds after which the packing is given up. */
  timeoutMs: number;
  /** Ends the packing when it aborts. */
  signal?: AbortSignal;
}

/**
 * Packs files into a zip file, in a worker thread of its own: what `zipFiles()` gives. A checksum over
 * hundreds of MB takes seconds.
 *
 * @param files by their path; those in a buffer of their own move to the worker and are empty
 *   afterwards, others are copied
 * @throws {ServiceError} `worker_lost` if it takes too long
 * @throws the signal's reason when it aborts
 */
export async function packFiles(
  files: ReadonlyMap<string, Uint8Array<ArrayBuffer>>,
  { timeoutMs, signal }: PackFilesOptions,
): Promise<Uint8Array<ArrayBuffer>> {
  const worker = new Worker(new URL("./pack_worker.ts", import.meta.url), { type: "module" });
  const own = [...files.values()].filter(({ length, buffer }) => length === buffer.byteLength);
  const transfer = [...new Set(own.map(({ buffer }) => buffer))];
  return await runWorkerOnce<Uint8Array<ArrayBuffer>>(
    { worker, call: files },
    { timeoutMs, signal, transfer },
  );
}
