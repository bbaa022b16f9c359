import type { Bytes } from "../../lib/storage/schema.ts";
import { limitConcurrency } from "../../lib/limit_concurrency.ts";
import { ServiceError } from "../../lib/service_error.ts";
import { exportZip, type ExportZipOptions } from "../export/export_zip.ts";
import type { StoredModel } from "../export/export_model.ts";
import { packFiles, type PackFilesOptions } from "../export/pack_files.ts";
import type { ImportedModel } from "./check_model.ts";
import { countBusyThreads } from "../threads/end_worker.ts";
import { importModel, type ImportModelOptions } from "./import_model.ts";

/** How the thread of an import or an export is bounded, which the service decides. */
export type TransferBounds = "tfjs" | "timeoutMs";

/** Takes models in and gives them away, each in a thread of its own. */
export interface ModelTransfers {
  /**
   * Checks a model that someone sends: see `importModel()`. While a thread goes on that was given
   * up, perhaps with the last model, none is taken in.
   *
   * @throws {ServiceError} as that does; `queue_full`
   */
  takeIn(
    bytes: Uint8Array<ArrayBuffer>,
    options: Omit<ImportModelOptions, TransferBounds>,
  ): Promise<ImportedModel>;
  /**
   * Packs a model as a zip file: see `exportZip()`.
   *
   * @throws {ServiceError} as that does; `queue_full`
   */
  give(
    model: StoredModel,
    options: Omit<ExportZipOptions, TransferBounds>,
  ): Promise<Uint8Array<ArrayBuffer>>;
  /**
   * Packs files as they are: see `packFiles()`.
   *
   * @param read gives the files, once there is room for them
   * @throws {ServiceError} as that does; `queue_full`
   */
  pack(
    read: () => Promise<ReadonlyMap<string, Bytes>>,
    options: Omit<PackFilesOptions, TransferBounds>,
  ): Promise<Uint8Array<ArrayBuffer>>;
}

/** Settings of {@linkcode createModelTransfers}. */
export interface ModelTransferOptions {
  /** The compiled backend of TensorFlow.js. */
  tfjs: WebAssembly.Module;
  /** Milliseconds after which one is given up. */
  timeoutMs: number;
  /** Most that run at a time: each takes a thread and the memory of its model, several times over. */
  concurrentMax: number;
}

/** A thread that is busy for a second is likely to be for a while. */
const BUSY_RETRY_SECONDS = 10;

/** Imports and exports with the bounds of the service. */
export function createModelTransfers(
  { tfjs, timeoutMs, concurrentMax }: ModelTransferOptions,
): ModelTransfers {
  const run = limitConcurrency({ max: concurrentMax, name: "imports and exports" });
  return {
    takeIn: (bytes, options) =>
      run(async () => {
        refuseWhileBusy();
        return await importModel(bytes, { ...options, tfjs, timeoutMs });
      }),
    give: (model, options) => run(() => exportZip(model, { ...options, tfjs, timeoutMs })),
    pack: (read, options) =>
      run(async () => await packFiles(await read(), { ...options, timeoutMs })),
  };
}

/** @throws {ServiceError} `queue_full` */
function refuseWhileBusy(): void {
  const count = countBusyThreads();
  if (count === 0) return;
  throw new ServiceError(
    "queue_full",
    "Cannot import as threads that were given up, of earlier imports or tasks, must have ended: " +
      `${count} of them still work; come back later, or restart the service`,
    { retryAfterSeconds: BUSY_RETRY_SECONDS },
  );
}
