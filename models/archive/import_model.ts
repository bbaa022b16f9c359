import { ServiceError } from "../../lib/service_error.ts";
import { runWorkerOnce } from "../threads/run_worker_once.ts";
import { refuseModel } from "./archive_json.ts";
import type { CheckModelOptions, ImportedModel } from "./check_model.ts";
import type { ImportCall } from "./import_worker.ts";

/** Settings of {@linkcode importModel}. */
export interface ImportModelOptions extends CheckModelOptions {
  /** The compiled backend of TensorFlow.js. */
  tfjs: WebAssembly.Module;
  /** Milliseconds after which the check is given up. */
  timeoutMs: number;
  /** Ends the check when it aborts. */
  signal?: AbortSignal;
}

/**
 * Checks a model that someone sends, in a worker thread of its own that ends with the check: it
 * unpacks, reads, loads and runs it. Whoever calls this makes it visible; until then nothing of it
 * exists outside of the answer.
 *
 * @param bytes the whole file, which moves to the worker and is empty afterwards
 * @throws {ServiceError} as `checkModel()`; `model_unusable` if the check takes too long or breaks
 * its thread
 * @throws the signal's reason when it aborts
 */
export async function importModel(
  bytes: Uint8Array<ArrayBuffer>,
  { tfjs, timeoutMs, signal, ...options }: ImportModelOptions,
): Promise<ImportedModel> {
  const worker = new Worker(new URL("./import_worker.ts", import.meta.url), { type: "module" });
  const call: ImportCall = { tfjs, bytes, options };
  try {
    return await runWorkerOnce<ImportedModel>(
      { worker, call },
      { timeoutMs, signal, transfer: [bytes.buffer] },
    );
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    // Whatever a model does to its thread is a fault of the model.
    if (error.code === "worker_lost" || error.code === "internal_error") {
      throw refuseModel(`its check must end well within ${timeoutMs} ms: ${error.message}`, error);
    }
    throw error;
  }
}
