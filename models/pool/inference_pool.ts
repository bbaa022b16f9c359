import { ServiceError } from "../../lib/service_error.ts";
import type { LoadReport } from "../inference_engine.ts";
import type { InferenceResult, InferenceTask } from "../inference_task.ts";
import type { ModelArtifact } from "../model_artifact.ts";
import { BackgroundShare } from "./background_share.ts";
import { callGuarded, type Executor, type SpawnExecutor } from "./executor.ts";
import { ExecutorSlot } from "./executor_slot.ts";
import type { PoolStatus } from "./pool_status.ts";
import { type QueuedTask, type TaskPriority, TaskQueue } from "./task_queue.ts";

/** Settings of an {@linkcode InferencePool}. */
export interface InferencePoolOptions {
  /** Number of executors, >= 1. */
  size: number;
  /** Most tasks of the foreground that wait; one more is refused at once. */
  queueMax: number;
  /** An executor that takes longer over one task is replaced. */
  taskTimeoutMs: number;
  /** Starts an executor without models. */
  spawn: SpawnExecutor;
}

/** An answer with the time that its task waited for an executor. */
export interface PoolResult extends InferenceResult {
  /** Milliseconds. */
  queueMs: number;
}

/** Options of {@linkcode InferencePool.run}. */
export interface RunTasksOptions {
  /** Default: `foreground`. */
  priority?: TaskPriority;
  /** The tasks go on with a request that found room before, or need none; so does the background. */
  isAdmitted?: boolean;
}

/**
 * A fixed number of executors behind one bounded queue. A task runs on one executor, alone; a task
 * whose caller goes away leaves the queue; an executor that crashes or hangs is replaced and only
 * its own task fails. Tasks of the background run while no other waits, as many at a time as
 * {@linkcode BackgroundShare} lets them.
 */
export class InferencePool {
  readonly #options: InferencePoolOptions;
  readonly #slots: ExecutorSlot[];
  readonly #queue = new TaskQueue();
  readonly #background: BackgroundShare;
  readonly #artifacts = new Map<string, ModelArtifact>();
  readonly #dropped: Record<string, number> = {};
  #completed = 0;
  #taskMsMean = 50;
  #closed = false;

  private constructor(options: InferencePoolOptions) {
    this.#options = options;
    this.#background = new BackgroundShare(options.size);
    const slotOptions = {
      spawn: options.spawn,
      artifacts: this.#artifacts,
      onFree: () => this.#dispatch(),
    };
    this.#slots = Array.from({ length: options.size }, () => new ExecutorSlot(slotOptions));
  }

  /**
   * Starts all executors.
   *
   * @throws {Error} if one of them does not start; the others are ended
   */
  static async start(options: InferencePoolOptions): Promise<InferencePool> {
    const pool = new InferencePool(options);
    try {
      await Promise.all(pool.#slots.map((slot) => slot.start()));
    } catch (error) {
      pool.close();
      throw error;
    }
    return pool;
  }

  /** Number of executors. */
  get size(): number {
    return this.#slots.length;
  }

  /** True when every executor is started and has every model loaded and warm. */
  get ready(): boolean {
    return !this.#closed && this.#slots.every((slot) => slot.executor);
  }

  /**
   * Refuses at once what the queue has no room for, so that a caller can find out before it does
   * costly work.
   *
   * @param count how many tasks the caller is about to run
   * @throws {ServiceError} `queue_full` or `shutting_down`
   */
  requireRoom(count: number): void {
    this.#requireOpen();
    const idle = this.#slots.filter((slot) => slot.free).length;
    const waiting = this.#queue.count("foreground");
    if (waiting + count > this.#options.queueMax + idle) throw this.#queueFull(count);
  }

  /** A snapshot of the state. */
  status(): PoolStatus {
    return {
      backend: this.#slots.find((slot) => slot.executor)?.executor?.backend,
      size: this.#slots.length,
      live: this.#slots.filter((slot) => slot.executor).length,
      busy: this.#slots.filter((slot) => slot.busy).length,
      queued: this.#queue.count("foreground"),
      queuedBackground: this.#queue.count("background"),
      queueMax: this.#options.queueMax,
      completed: this.#completed,
      dropped: { ...this.#dropped },
      replaced: this.#slots.reduce((sum, slot) => sum + slot.replaced, 0),
      memory: this.#slots.map((slot) => slot.memory),
    };
  }

  /**
   * Loads a model in every executor, and in each one that is started later.
   *
   * @throws {ServiceError} if it cannot be loaded; it is then loaded in none
   */
  async load(artifact: ModelArtifact): Promise<LoadReport> {
    this.#artifacts.set(artifact.id, artifact);
    try {
      const reports = await Promise.all(this.#slots.map((slot) => slot.load(artifact)));
      const report = reports.find((report) => report);
      if (!report) throw new ServiceError("worker_lost", "Cannot load a model as no worker is up");
      return report;
    } catch (error) {
      await this.unload(artifact);
      throw error;
    }
  }

  /** Frees a model in every executor. */
  async unload(model: { id: string }): Promise<void> {
    this.#artifacts.delete(model.id);
    await Promise.all(this.#slots.map((slot) => slot.unload(model)));
  }

  /**
   * Runs tasks, each on the next free executor. Either all of them are accepted or none. Tasks of
   * the background do not count as waiting: whoever sends them bounds their number.
   *
   * @param signal its reason rejects what has not been answered; queued tasks leave the queue
   * @returns one promise per task, in order
   * @throws {ServiceError} `queue_full` if they do not all find room, `shutting_down` after `close`
   */
  run(
    tasks: readonly InferenceTask[],
    signal: AbortSignal,
    { priority = "foreground", isAdmitted = priority === "background" }: RunTasksOptions = {},
  ): Promise<PoolResult>[] {
    signal.throwIfAborted();
    if (isAdmitted) this.#requireOpen();
    else this.requireRoom(tasks.length);
    return tasks.map((task) => this.#enqueue({ task, priority }, signal));
  }

  /** Ends all executors; what waits or runs is rejected as `shutting_down`. */
  close(): void {
    this.#closed = true;
    for (const queued of this.#queue.clear()) {
      queued.reject(new ServiceError("shutting_down", "The service is shutting down"));
    }
    for (const slot of this.#slots) slot.close();
  }

  #requireOpen(): void {
    if (this.#closed) throw new ServiceError("shutting_down", "The service is shutting down");
  }

  #enqueue(
    work: Pick<QueuedTask, "task" | "priority">,
    signal: AbortSignal,
  ): Promise<PoolResult> {
    const { promise, resolve, reject } = Promise.withResolvers<PoolResult>();
    const queued: QueuedTask = { ...work, queuedAt: performance.now(), resolve, reject };
    if (work.priority === "foreground") this.#background.noteRequest();
    const abandon = () => {
      const { reason } = signal;
      if (this.#queue.delete(queued)) {
        const code = reason instanceof ServiceError ? reason.code : "aborted";
        this.#dropped[code] = (this.#dropped[code] ?? 0) + 1;
      }
      // A task that runs already goes on to its end; its result is ignored.
      reject(reason);
    };
    signal.addEventListener("abort", abandon, { once: true });
    this.#queue.add(queued);
    this.#dispatch();
    return promise.finally(() => signal.removeEventListener("abort", abandon));
  }

  #dispatch(): void {
    for (const slot of this.#slots) {
      const executor = slot.free;
      if (!executor) continue;
      const queued = this.#queue.take({ background: this.#background.hasRoom });
      if (!queued) return;
      void this.#execute(queued, slot, executor);
    }
  }

  async #execute(queued: QueuedTask, slot: ExecutorSlot, executor: Executor): Promise<void> {
    const started = performance.now();
    const isBackground = queued.priority === "background";
    slot.busy = true;
    if (isBackground) this.#background.enter();
    try {
      const result = await callGuarded(executor, {
        method: "run",
        argument: queued.task,
        timeoutMs: this.#options.taskTimeoutMs,
      });
      slot.memory = result.memory;
      this.#taskMsMean += 0.1 * (performance.now() - started - this.#taskMsMean);
      queued.resolve({ ...result, queueMs: started - queued.queuedAt });
    } catch (error) {
      // A dead executor must not be given the next task before its replacement is under way.
      const isLost = error instanceof ServiceError && error.code === "worker_lost";
      if (isLost && slot.executor === executor) slot.executor = undefined;
      queued.reject(error);
    } finally {
      this.#completed++;
      if (isBackground) this.#background.leave();
      slot.busy = false;
      this.#dispatch();
    }
  }

  #queueFull(count: number): ServiceError {
    const { size, queueMax } = this.#options;
    const waiting = this.#queue.count("foreground");
    const waitMs = (waiting + count) * this.#taskMsMean / size;
    return new ServiceError(
      "queue_full",
      `Cannot accept ${count} more as at most ${queueMax} may wait: ${waiting} wait now`,
      { retryAfterSeconds: Math.max(1, Math.ceil(waitMs / 1000)) },
    );
  }
}
