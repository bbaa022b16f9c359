import { getLogger } from "@logtape/logtape";
import type { LoadReport } from "../inference_engine.ts";
import type { EngineMemory } from "../inference_task.ts";
import type { ModelArtifact } from "../model_artifact.ts";
import { callGuarded, type Executor, type SpawnExecutor } from "./executor.ts";

const logger = getLogger(["lastlayer", "pool"]);

const RESPAWN_DELAY_MS_MIN = 100;
const RESPAWN_DELAY_MS_MAX = 5_000;
/** Loading packs weights and runs a warm-up: seconds for the largest networks. */
const LOAD_TIMEOUT_MS = 60_000;

/** Settings of an {@linkcode ExecutorSlot}. */
export interface ExecutorSlotOptions {
  /** Starts an executor without models. */
  spawn: SpawnExecutor;
  /** The models that an executor holds; the map may change at any time. */
  artifacts: ReadonlyMap<string, ModelArtifact>;
  /** Called whenever the executor becomes free for a task. */
  onFree: () => void;
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
  #loading = 0;
  #closed = false;

  /** Starts nothing yet. */
  constructor(options: ExecutorSlotOptions) {
    this.#options = options;
  }

  /** The executor, if it can take a task now. */
  get free(): Executor | undefined {
    return this.busy || this.#loading > 0 ? undefined : this.executor;
  }

  /**
   * Starts the executor and loads its models.
   *
   * @throws {Error} if it does not start, or a model does not load
   */
  async start(): Promise<void> {
    const { spawn, artifacts, onFree } = this.#options;
    const executor = await spawn();
    const held = new Map<string, ModelArtifact>();
    try {
      // Nobody has a turn between the last look and the moment in which others find the executor.
      let change;
      while ((change = findChange(held, artifacts))) await change(executor);
    } catch (error) {
      executor.terminate("it could not load its models");
      throw error;
    }
    if (this.#closed) return executor.terminate("the service is shutting down");
    this.executor = executor;
    void executor.ended.then(() => this.#replace());
    onFree();
  }

  /**
   * Loads a model; no task starts meanwhile.
   *
   * @returns `undefined` if there is no executor: the next one loads the model when it starts
   * @throws {ServiceError} if the model cannot be loaded
   */
  async load(artifact: ModelArtifact): Promise<LoadReport | undefined> {
    if (!this.executor) return undefined;
    this.#loading++;
    try {
      return await load(this.executor, artifact);
    } finally {
      this.#loading--;
      this.#options.onFree();
    }
  }

  /** Frees a model. */
  async unload(model: { id: string }): Promise<void> {
    // One that cannot answer is ended, and loads only current models when it is replaced.
    if (this.executor) await unload(this.executor, model).catch(() => {});
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

/** The next step towards an executor that holds exactly what the map holds; nothing where it does. */
function findChange(
  held: Map<string, ModelArtifact>,
  artifacts: ReadonlyMap<string, ModelArtifact>,
): ((executor: Executor) => Promise<unknown>) | undefined {
  const stale = held.values().find((artifact) => artifacts.get(artifact.id) !== artifact);
  const missing = artifacts.values().find(({ id }) => !held.has(id));
  if (stale) {
    held.delete(stale.id);
    return (executor) => unload(executor, stale);
  }
  if (!missing) return undefined;
  held.set(missing.id, missing);
  return (executor) => load(executor, missing);
}

function load(executor: Executor, artifact: ModelArtifact): Promise<LoadReport> {
  return callGuarded(executor, {
    method: "load",
    argument: artifact,
    timeoutMs: LOAD_TIMEOUT_MS,
  });
}

function unload(executor: Executor, { id }: { id: string }): Promise<void> {
  const argument = { id };
  return callGuarded(executor, { method: "unload", argument, timeoutMs: LOAD_TIMEOUT_MS });
}
