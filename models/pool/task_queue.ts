import type { InferenceTask } from "../inference_task.ts";
import type { PoolResult } from "./inference_pool.ts";

/**
 * Whether somebody waits for the answer (`foreground`), or work is done when there is time
 * (`background`).
 */
export type TaskPriority = "foreground" | "background";

/** A task that waits, and how its caller learns of its end. */
export interface QueuedTask {
  /** What to run. */
  task: InferenceTask;
  /** Whether it may wait for all others. */
  priority: TaskPriority;
  /** Milliseconds on the clock of `performance.now()`. */
  queuedAt: number;
  /** Hands over the answer. */
  resolve: (result: PoolResult) => void;
  /** Hands over why there is none. */
  reject: (error: unknown) => void;
}

/** Tasks in the order of their service: all of the foreground, then those of the background. */
export class TaskQueue {
  /** Insertion order is the order of service; sets, so that any task can leave at once. */
  readonly #waiting: Record<TaskPriority, Set<QueuedTask>> = {
    foreground: new Set(),
    background: new Set(),
  };

  /** How many tasks of a priority wait. */
  count(priority: TaskPriority): number {
    return this.#waiting[priority].size;
  }

  /** Puts a task behind those of its priority. */
  add(queued: QueuedTask): void {
    this.#waiting[queued.priority].add(queued);
  }

  /** Removes a task; false if it does not wait any more. */
  delete(queued: QueuedTask): boolean {
    return this.#waiting[queued.priority].delete(queued);
  }

  /**
   * Removes the task that is next.
   *
   * @param options whether it may be one of the background
   */
  take({ background }: { background: boolean }): QueuedTask | undefined {
    const [urgent] = this.#waiting.foreground;
    const [other] = this.#waiting.background;
    const next = urgent ?? (background ? other : undefined);
    if (next) this.delete(next);
    return next;
  }

  /** Removes all tasks. */
  clear(): QueuedTask[] {
    const { foreground, background } = this.#waiting;
    const all = [...foreground, ...background];
    foreground.clear();
    background.clear();
    return all;
  }
}
