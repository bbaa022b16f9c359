import type {
  InferenceResult,
  InferenceTask,
  LoadReport,
  ModelArtifact,
} from "../inference_engine.ts";
import type { BackendInfo } from "../wasm_backend.ts";

/** What a thread can be asked: the method's name, its argument and its answer. */
export interface ExecutorCalls {
  /** Loads a model and warms it. */
  load: { argument: ModelArtifact; answer: LoadReport };
  /** Frees a model. */
  unload: { argument: { name: string; version: number }; answer: void };
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
  /** Ends the thread at once; calls in flight are rejected with the reason. */
  terminate(reason: string): void;
  /** Resolves when the thread has ended, whatever ended it. */
  readonly ended: Promise<void>;
}

/** Starts one executor; resolves when its backend runs. */
export type SpawnExecutor = () => Promise<Executor>;
