import { getLogger } from "@logtape/logtape";
import { ServiceError } from "../../lib/service_error.ts";
import { endWorker } from "../threads/end_worker.ts";
import type { EngineModules } from "../inference_engine.ts";
import type { BackendInfo } from "../wasm_backend.ts";
import type { Executor, ExecutorCalls, ExecutorMethod } from "./executor.ts";
import { inputBuffers } from "./moved_buffers.ts";
import type { WorkerCall, WorkerMessage } from "./worker_protocol.ts";

const logger = getLogger(["lastlayer", "worker"]);

interface PendingCall {
  resolve: (answer: ExecutorCalls[ExecutorMethod]["answer"]) => void;
  reject: (error: Error) => void;
}

/**
 * Starts a worker thread and resolves when its WASM backend runs.
 *
 * @param modules are shared with the worker, not compiled again
 * @throws {Error} if the thread or its backend does not start
 */
export async function spawnWorkerExecutor(modules: EngineModules): Promise<Executor> {
  const worker = new Worker(new URL("./inference_worker.ts", import.meta.url), { type: "module" });
  const pending = new Map<number, PendingCall>();
  const started = Promise.withResolvers<BackendInfo>();
  const ended = Promise.withResolvers<void>();
  let isLost = false;

  function end(reason: string): void {
    // A thread that broke has no turn in which it could answer.
    if (!isLost) endWorker(worker);
    lose(reason);
  }

  /** The thread answers no more. */
  function lose(reason: string): void {
    isLost = true;
    started.reject(new Error(`Cannot start a worker: ${reason}`));
    const error = new ServiceError("worker_lost", `The worker ended before it answered: ${reason}`);
    for (const call of pending.values()) call.reject(error);
    pending.clear();
    ended.resolve();
  }

  worker.onerror = (event) => {
    // Without this the whole process would end with the worker.
    event.preventDefault();
    logger.error("Worker failed: {reason}", { reason: event.message });
    started.reject(new Error(`Cannot start a worker: ${event.message}`));
    worker.terminate();
    lose("it failed");
  };
  worker.onmessageerror = () => end("a message could not be read");
  worker.onmessage = ({ data }: MessageEvent<WorkerMessage>) => {
    if (data.kind === "started") return started.resolve(data.backend);
    if (data.kind === "failed") {
      logger.error("Worker failed: {details}", { details: data.details });
      return end(data.message);
    }
    const call = pending.get(data.id);
    pending.delete(data.id);
    if (data.kind === "answer") return call?.resolve(data.answer);
    const { code, message } = data.error;
    if (code === "internal_error") {
      logger.error("Call failed: {details}", { details: data.details });
    }
    call?.reject(new ServiceError(code, message));
  };
  worker.postMessage(modules);
  const backend = await started.promise;

  let idNext = 0;
  return {
    backend,
    ended: ended.promise,
    terminate: end,
    call(method, argument) {
      const id = idNext++;
      return new Promise((resolve, reject) => {
        pending.set(id, { resolve: resolve as PendingCall["resolve"], reject });
        const call = { id, method, argument } as WorkerCall;
        // Pictures and series move to the worker instead of being copied.
        worker.postMessage(call, call.method === "run" ? inputBuffers(call.argument) : []);
      });
    },
  };
}
