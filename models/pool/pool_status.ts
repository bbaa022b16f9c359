import type { EngineMemory } from "../inference_task.ts";
import type { BackendInfo } from "../wasm_backend.ts";

/** A snapshot of the pool, for readiness and metrics. */
export interface PoolStatus {
  /** `undefined` while no executor is live. */
  backend: BackendInfo | undefined;
  /** Executors configured. */
  size: number;
  /** Executors that are started and have every model loaded. */
  live: number;
  /** Executors that run a task. */
  busy: number;
  /** Tasks that wait while somebody waits for them. */
  queued: number;
  /** Tasks of the background that wait. */
  queuedBackground: number;
  /** Most tasks that may wait. */
  queueMax: number;
  /** Tasks that an executor has finished with, whatever came of them. */
  completed: number;
  /** Tasks given up while they waited, by the code of the reason. */
  dropped: Readonly<Record<string, number>>;
  /** Executors that crashed or were stuck, and were replaced. */
  replaced: number;
  /** What each executor held after its last task; `undefined` before the first. */
  memory: readonly (EngineMemory | undefined)[];
}
