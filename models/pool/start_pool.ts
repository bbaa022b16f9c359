import type { EngineModules } from "../inference_engine.ts";
import { InferencePool, type InferencePoolOptions } from "./inference_pool.ts";
import { spawnInlineExecutor } from "./inline_executor.ts";
import { spawnWorkerExecutor } from "./worker_executor.ts";

/** Settings of {@linkcode startInferencePool}. */
export interface StartPoolOptions extends Omit<InferencePoolOptions, "spawn"> {
  /** Whether to use worker threads; by default where the runtime has them. */
  workers?: boolean;
}

/**
 * Starts a pool of worker threads, or, where the runtime has no `Worker`, a pool of one engine in
 * the calling thread.
 *
 * @param modules the compiled binaries that all engines share
 * @throws {Error} if an engine does not start
 */
export function startInferencePool(
  modules: EngineModules,
  { workers = typeof Worker === "function", ...options }: StartPoolOptions,
): Promise<InferencePool> {
  return workers
    ? InferencePool.start({ ...options, spawn: () => spawnWorkerExecutor(modules) })
    : InferencePool.start({ ...options, size: 1, spawn: () => spawnInlineExecutor(modules) });
}
