import type { LoadReport } from "../inference_engine.ts";
import type { InferenceResult, InferenceTask } from "../inference_task.ts";
import type { ModelArtifact } from "../model_artifact.ts";
import type { BackendInfo } from "../wasm_backend.ts";

/** What a thread can be asked: the method's name, its argument and its answer. */
export interface ExecutorCalls {
  /** Loads a model and warms it. */
  load: { argument: ModelArtifact; answer: LoadReport };
  /** Frees a model. */
  unload: { argument: { id: string }; answer: void };
  /** Runs one task. */
  run: { argument: InferenceTask; answer: InferenceResult };
}

/** One of the methods in {@linkcode ExecutorCalls}. */
export type ExecutorMethod = keyof ExecutorCalls;

/** Runs calls one after the other, in a worker or inline. */
export interface Executor {
  /** What it runs models on. */
  readonly backend: BackendInfo;
  /**
   * Rejects with the error of the call, or with a `worker_lost` {@linkcode ServiceError} when the
   * thread ended before it answered.
   */
  call<Method extends ExecutorMethod>(
    method: Method,
    argument: ExecutorCalls[Method]["argument"],
  ): Promise<ExecutorCalls[Method]["answer"]>;
  /** Gives the thread up: calls in flight are rejected with the reason, and it ends at its next turn. */
  terminate(reason: string): void;
  /** Resolves when the thread takes no more calls, whatever the reason. */
  readonly ended: Promise<void>;
}

/** Starts one executor; resolves when its backend runs. */
export type SpawnExecutor = () => Promise<Executor>;

/** A call, and how long it may take. */
export interface GuardedCall<Method extends ExecutorMethod> {
  /** What is asked. */
  method: Method;
  /** What it is asked about. */
  argument: ExecutorCalls[Method]["argument"];
  /** Milliseconds after which the executor counts as stuck. */
  timeoutMs: number;
}

/**
 * Calls an executor and gives it up when it is stuck, so that no call waits for ever.
 *
 * @throws {ServiceError} `worker_lost` when it was given up; otherwise the error of the call
 */
export async function callGuarded<Method extends ExecutorMethod>(
  executor: Executor,
  { method, argument, timeoutMs }: GuardedCall<Method>,
): Promise<ExecutorCalls[Method]["answer"]> {
  const watchdog = setTimeout(
    () => executor.terminate(`"${method}" took longer than ${timeoutMs} ms`),
    timeoutMs,
  );
  try {
    return await executor.call(method, argument);
  } finally {
    clearTimeout(watchdog);
  }
}
