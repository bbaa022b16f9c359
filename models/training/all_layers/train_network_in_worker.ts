import { runWorkerOnce } from "../../threads/run_worker_once.ts";
import type { NetworkAnswer, NetworkCall, NetworkCallProgress } from "./network_call.ts";

/** Options of {@linkcode trainNetworkInWorker}. */
export interface TrainNetworkInWorkerOptions {
  /** Ends the call at once, and the thread at its next turn: after the batch or epoch that it is in. */
  signal: AbortSignal;
  /** Called a few times in a second. */
  onProgress: (progress: NetworkCallProgress) => void;
}

/** A training that takes longer is given up. */
const TIMEOUT_MS = 12 * 60 * 60 * 1000;

/**
 * Trains all layers of a network in a worker thread of its own, which ends with the training.
 *
 * @param call its samples move to the thread and are empty afterwards
 * @throws {ServiceError} as `trainNetwork()` does; `worker_lost` if the thread breaks
 * @throws the signal's reason when it aborts
 */
export function trainNetworkInWorker(
  call: NetworkCall,
  { signal, onProgress }: TrainNetworkInWorkerOptions,
): Promise<NetworkAnswer> {
  const worker = new Worker(new URL("./network_worker.ts", import.meta.url), { type: "module" });
  return runWorkerOnce<NetworkAnswer>({ worker, call }, {
    timeoutMs: TIMEOUT_MS,
    signal,
    onProgress: (progress) => onProgress(progress as NetworkCallProgress),
    transfer: [call.samples.values.buffer],
  });
}
