import { getLogger } from "@logtape/logtape";
import {
  type ErrorFields,
  ServiceError,
  toErrorDetails,
  toErrorFields,
} from "../../lib/service_error.ts";
import { endWorker } from "./end_worker.ts";

const logger = getLogger(["lastlayer", "worker"]);

/** What a worker answers to its one call. */
export type OnceAnswer<Answer> =
  | { kind: "answer"; answer: Answer }
  /** On the way; of whatever form both sides have agreed on. */
  | { kind: "progress"; progress: unknown }
  | { kind: "error"; error: ErrorFields; details: string };

/** Settings of {@linkcode runWorkerOnce}. */
export interface RunWorkerOnceOptions {
  /** Milliseconds after which the worker is given up. */
  timeoutMs: number;
  /** Gives the worker up when it aborts. */
  signal?: AbortSignal | undefined;
  /** Called with whatever the worker tells on the way. */
  onProgress?: (progress: unknown) => void;
  /** What moves to the worker instead of being copied. */
  transfer?: Transferable[];
}

/**
 * Sends one call to a worker of its own and ends it with the answer, so that a hostile file does not
 * keep the service from answering. Whoever waits is told when it takes too long; the thread itself
 * goes on until it has a turn, and `countBusyThreads()` counts it.
 *
 * @param worker listens by `answerEnd()`
 * @throws {ServiceError} the error of the call; `worker_lost` if it takes too long or breaks the thread
 * @throws the signal's reason when it aborts
 */
export async function runWorkerOnce<Answer>(
  { worker, call }: { worker: Worker; call: unknown },
  { timeoutMs, signal, onProgress, transfer = [] }: RunWorkerOnceOptions,
): Promise<Answer> {
  const outcome = Promise.withResolvers<Answer>();
  const lose = (reason: string) => outcome.reject(new ServiceError("worker_lost", reason));
  const timer = setTimeout(
    () => lose(`The worker must answer within ${timeoutMs} ms`),
    timeoutMs,
  );
  const abort = () => outcome.reject(signal?.reason);
  signal?.addEventListener("abort", abort);
  let isIdle = false;
  worker.onmessage = ({ data }: MessageEvent<OnceAnswer<Answer>>) => {
    if (data.kind === "progress") return onProgress?.(data.progress);
    isIdle = true;
    if (data.kind === "answer") return outcome.resolve(data.answer);
    const { code, message } = data.error;
    if (code === "internal_error") {
      logger.error("Call failed: {details}", { details: data.details });
    }
    outcome.reject(new ServiceError(code, message));
  };
  worker.onerror = (event) => {
    // Without this the whole process would end with the worker.
    event.preventDefault();
    isIdle = true;
    logger.error("Worker failed: {reason}", { reason: event.message });
    lose("The worker ended before it answered");
  };
  worker.onmessageerror = () => lose("The answer of the worker could not be read");
  try {
    signal?.throwIfAborted();
    worker.postMessage(call, transfer);
    return await outcome.promise;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", abort);
    if (isIdle) worker.terminate();
    else endWorker(worker);
  }
}

/**
 * The worker's side: runs one call and sends its outcome.
 *
 * @param run gives the answer and what of it moves instead of being copied
 */
export async function answerOnce<Answer>(
  send: (answer: OnceAnswer<Answer>, transfer: Transferable[]) => void,
  run: () => Promise<{ answer: Answer; transfer: Transferable[] }>,
): Promise<void> {
  try {
    const { answer, transfer } = await run();
    send({ kind: "answer", answer }, transfer);
  } catch (error) {
    send({ kind: "error", error: toErrorFields(error), details: toErrorDetails(error) }, []);
  }
}
