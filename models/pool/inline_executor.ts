import { type EngineModules, InferenceEngine } from "../inference_engine.ts";
import type { Executor, ExecutorCalls, ExecutorMethod } from "./executor.ts";

/**
 * The same engine in the calling thread, for runtimes that have no `Worker`. A thread has one
 * backend, so it can have one inline executor.
 *
 * @throws {Error} if the backend does not start
 */
export async function spawnInlineExecutor(modules: EngineModules): Promise<Executor> {
  const engine = await InferenceEngine.start(modules);
  let last: Promise<unknown> = Promise.resolve();
  return {
    backend: engine.backend,
    // The thread that runs the service cannot be lost before the service itself.
    ended: new Promise(() => {}),
    terminate: () => {},
    call<Method extends ExecutorMethod>(
      method: Method,
      argument: ExecutorCalls[Method]["argument"],
    ): Promise<ExecutorCalls[Method]["answer"]> {
      const handler = engine[method].bind(engine) as (
        argument: ExecutorCalls[Method]["argument"],
      ) => ExecutorCalls[Method]["answer"];
      // One call after the other: a model is not freed between the steps of a task.
      const answer = last.then(() => handler(argument));
      last = answer.catch(() => {});
      return answer;
    },
  };
}
