/// <reference lib="deno.worker" />
/**
 * Entry of a worker thread: one inference engine behind messages. The first message carries the
 * compiled modules; each later one is a call.
 */
import { ServiceError, toErrorDetails, toErrorFields } from "../../lib/service_error.ts";
import { type EngineModules, InferenceEngine } from "../inference_engine.ts";
import { answerEnd } from "../threads/answer_end.ts";
import { answerBuffers, inputBuffers } from "./moved_buffers.ts";
import type { WorkerCall, WorkerMessage } from "./worker_protocol.ts";

function send(message: WorkerMessage, transfer: Transferable[] = []): void {
  self.postMessage(message, transfer);
}

answerEnd(self);

self.onmessage = async ({ data }: MessageEvent<EngineModules>) => {
  try {
    const engine = await InferenceEngine.start(data);
    let last = Promise.resolve();
    // One call after the other: a model is not freed between the steps of a task.
    self.onmessage = ({ data }: MessageEvent<WorkerCall>) => {
      last = last.then(() => answer(engine, data));
    };
    send({ kind: "started", backend: engine.backend });
  } catch (error) {
    send({ kind: "failed", message: toMessage(error), details: toErrorDetails(error) });
  }
};

async function answer(engine: InferenceEngine, call: WorkerCall): Promise<void> {
  const { id } = call;
  try {
    switch (call.method) {
      case "load":
        return send({ kind: "answer", id, answer: await engine.load(call.argument) });
      case "unload":
        return send({ kind: "answer", id, answer: engine.unload(call.argument) });
      case "run": {
        const buffers = inputBuffers(call.argument);
        const result = await engine.run(call.argument).finally(() => buffers.forEach(release));
        return send({ kind: "answer", id, answer: result }, answerBuffers(result.answer));
      }
    }
  } catch (error) {
    const details = toErrorDetails(error);
    const fault = findBackendFault(error);
    if (fault) return send({ kind: "failed", message: fault.message, details });
    send({ kind: "error", id, error: toErrorFields(error), details });
  }
}

/**
 * What WebAssembly threw while a network was loaded or run. It may have written anywhere in the memory
 * that all models of this thread share, so none of them can be trusted any more. Image decoders have
 * memories of their own, which they drop themselves.
 */
function findBackendFault(error: unknown): WebAssembly.RuntimeError | undefined {
  const isWrapped = error instanceof ServiceError && error.code === "model_unusable";
  const thrown = isWrapped ? error.cause : error;
  return thrown instanceof WebAssembly.RuntimeError ? thrown : undefined;
}

function toMessage(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Gives memory that was moved here back, instead of leaving it to the collector. */
function release(buffer: ArrayBuffer): void {
  buffer.transfer(0);
}
