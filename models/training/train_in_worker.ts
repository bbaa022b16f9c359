import { runWorkerOnce } from "../threads/run_worker_once.ts";
import type { TrainingAnswer, TrainingCall, TrainingProgress } from "./training_call.ts";

/** Options of {@linkcode trainInWorker}. */
export interface TrainInWorkerOptions {
  /** Ends the call at once, and the thread at its next turn: after the batch or epoch that it is in. */
  signal: AbortSignal;
  /** Called a few times in a second. */
  onProgress: (progress: TrainingProgress) => void;
}

/** No training that the limits allow takes longer. */
const TIMEOUT_MS = 12 * 60 * 60 * 1000;

/**
 * Trains a head in a worker thread of its own, which ends with the training: neither the event loop
 * nor the inference workers wait for it, and its memory goes with it.
 *
 * @param call its features move to the thread and are empty afterwards
 * @throws {ServiceError} as `trainHead()` does; `worker_lost` if the thread breaks
 * @throws the signal's reason when it aborts
 */
export function trainInWorker(
  call: TrainingCall,
  { signal, onProgress }: TrainInWorkerOptions,
): Promise<TrainingAnswer> {
  const { features, views = [] } = call.samples;
  const { negatives } = call.options;
  const arrays = [features, ...views, ...(negatives ? [negatives.features] : [])];
  const worker = new Worker(new URL("./training_worker.ts", import.meta.url), { type: "module" });
  return runWorkerOnce<TrainingAnswer>({ worker, call }, {
    timeoutMs: TIMEOUT_MS,
    signal,
    onProgress: (progress) => onProgress(progress as TrainingProgress),
    transfer: [...new Set(arrays.map(({ buffer }) => buffer))] as ArrayBuffer[],
  });
}
