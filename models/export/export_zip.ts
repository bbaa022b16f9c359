import { runWorkerOnce } from "../threads/run_worker_once.ts";
import type { ExportOptions } from "./export_layers_model.ts";
import type { StoredModel } from "./export_model.ts";
import type { ExportCall } from "./export_worker.ts";

/** Settings of {@linkcode exportZip}. */
export interface ExportZipOptions extends ExportOptions {
  /** The compiled backend of TensorFlow.js. */
  tfjs: WebAssembly.Module;
  /** Milliseconds after which the export is given up. */
  timeoutMs: number;
  /** Ends the export when it aborts. */
  signal?: AbortSignal;
}

/**
 * Exports a stored model as a zip file, in a worker thread of its own: what `exportModel()` gives.
 *
 * @param model its files are best over a `SharedArrayBuffer`, as others are copied to the worker
 * @throws {ServiceError} as `exportModel()`; `worker_lost` if it takes too long
 * @throws the signal's reason when it aborts
 */
export async function exportZip(
  model: StoredModel,
  { tfjs, timeoutMs, signal, ...options }: ExportZipOptions,
): Promise<Uint8Array<ArrayBuffer>> {
  const worker = new Worker(new URL("./export_worker.ts", import.meta.url), { type: "module" });
  const call: ExportCall = { tfjs, model, options };
  return await runWorkerOnce<Uint8Array<ArrayBuffer>>({ worker, call }, { timeoutMs, signal });
}
