import { getLogger } from "@logtape/logtape";
import { ServiceError } from "../../lib/service_error.ts";
import type { CheckModelOptions, ImportedModel } from "./check_model.ts";
import { refuseModel } from "./archive_json.ts";
import type { ImportAnswer, ImportCall } from "./import_worker.ts";

const logger = getLogger(["lastlayer", "import"]);

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
  signal?.throwIfAborted();
  const worker = new Worker(new URL("./import_worker.ts", import.meta.url), { type: "module" });
  const outcome = Promise.withResolvers<ImportedModel>();
  const timer = setTimeout(() => {
    outcome.reject(refuseModel(`its check must take at most ${timeoutMs} ms`));
  }, timeoutMs);
  const abort = () => outcome.reject(signal?.reason);
  signal?.addEventListener("abort", abort);
  worker.onmessage = ({ data }: MessageEvent<ImportAnswer>) => {
    if (data.kind === "model") return outcome.resolve(data.model);
    const { code, message } = data.error;
    if (code !== "internal_error") return outcome.reject(new ServiceError(code, message));
    logger.error("Check of a model failed: {details}", { details: data.details });
    outcome.reject(refuseModel("its check failed; the log has the details"));
  };
  worker.onerror = (event) => {
    // Without this the whole process would end with the worker.
    event.preventDefault();
    logger.error("Check of a model ended its worker: {reason}", { reason: event.message });
    outcome.reject(refuseModel("its check ended the thread that it ran in"));
  };
  try {
    const call: ImportCall = { tfjs, bytes, options };
    worker.postMessage(call, [bytes.buffer]);
    return await outcome.promise;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", abort);
    worker.terminate();
  }
}
