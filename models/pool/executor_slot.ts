import { getLogger } from "@logtape/logtape";
import type { EngineMemory, ModelArtifact } from "../inference_engine.ts";
import type { Executor, SpawnExecutor } from "./executor.ts";

const logger = getLogger(["lastlayer", "pool"]);

const RESPAWN_DELAY_MS_MIN = 100;
const RESPAWN_DELAY_MS_MAX = 5_000;

/** Settings of an {@linkcode ExecutorSlot}. */
export interface ExecutorSlotOptions {
  /** Starts an executor without models. */
  spawn: SpawnExecutor;
  /** The models that a new executor loads before it is ready; they may grow meanwhile. */
  artifacts: () => Iterable<ModelArtifact>;
  /** Called whenever a new executor is ready. */
  onReady: () => void;
}

/**
 * A place for one executor: starts it with all models, and starts another one when it ends by
 * itself, with growing pauses while that fails.
 */
export class ExecutorSlot {
  /** `undefined` while it is being started. */
  executor: Executor | undefined;
  /** True while a task runs on it. */
  busy = false;
  /** What the executor held after its last task. */
  memory: EngineMemory | undefined;
  /** How many executors ended by themselves. */
  replaced = 0;
  readonly #options: ExecutorSlotOptions;
  #closed = false;

  /** Starts nothing yet. */
  constructor(options: ExecutorSlotOptions) {
    this.#options = options;
  }

  /**
   * Starts the executor and loads its models.
   *
   * @throws {Error} if it does not start, or a model does not load
   */
  async start(): Promise<void> {
    const executor = await this.#options.spawn();
    try {
      // A model that is added meanwhile is met by this loop too, as maps iterate over additions.
      for (const artifact of this.#options.artifacts()) await executor.call("load", artifact);
    } catch (error) {
      executor.terminate("it could not load its models");
      throw error;
    }
    if (this.#closed) return executor.terminate("the service is shutting down");
    this.executor = executor;
    void executor.ended.then(() => this.#replace());
    this.#options.onReady();
  }

  /** Ends the executor for good. */
  close(): void {
    this.#closed = true;
    this.executor?.terminate("the service is shutting down");
  }

  async #replace(): Promise<void> {
    this.executor = undefined;
    this.memory = undefined;
    if (this.#closed) return;
    this.replaced++;
    for (let delayMs = RESPAWN_DELAY_MS_MIN; !this.#closed; delayMs *= 2) {
      try {
        return await this.start();
      } catch (error) {
        const delay = Math.min(delayMs, RESPAWN_DELAY_MS_MAX);
        logger.error("Cannot replace a worker, next attempt in {delay} ms: {error}", {
          delay,
          error,
        });
        await new Promise((resolve) => setTimeout(resolve, delay));
      }
    }
  }
}
