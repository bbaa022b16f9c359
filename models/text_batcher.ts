import { ServiceError } from "../lib/service_error.ts";
import {
  type InferenceTask,
  type TextContinuation,
  type TextPiece,
  TEXTS_PER_TASK_MAX,
} from "./inference_task.ts";
import type { InferencePool } from "./pool/inference_pool.ts";

/** A text that goes on. */
export interface BatchedText {
  /** How it went on. */
  text: TextContinuation;
  /** Milliseconds that it waited. */
  queueMs: number;
  /** Milliseconds that its task ran. */
  predictMs: number;
}

/** What {@linkcode TextBatcher.run} needs. */
export interface RunTextOptions {
  /** The id of a loaded model that generates. */
  model: string;
  /** Its reason rejects the result. */
  signal: AbortSignal;
  /** The piece goes on with a text that found room before. */
  isAdmitted: boolean;
}

interface WaitingText {
  piece: TextPiece;
  since: number;
  resolve: (text: BatchedText) => void;
  reject: (error: unknown) => void;
}

/** The texts of one model. */
interface Lane {
  waiting: Set<WaitingText>;
  /** Tasks that are under way. */
  tasks: number;
}

/**
 * Writes the texts of many requests together. A piece of text starts at once while a worker has none
 * of its model; those that come while all workers are writing wait and go on in one task, in which
 * each step of the network serves all of them.
 */
export class TextBatcher {
  readonly #pool: InferencePool;
  readonly #lanes = new Map<string, Lane>();

  /** Starts nothing yet. */
  constructor(pool: InferencePool) {
    this.#pool = pool;
  }

  /**
   * Refuses at once a text for which there is no room.
   *
   * @throws {ServiceError} `queue_full` or `shutting_down`
   */
  requireRoom(model: string): void {
    this.#pool.requireRoom((this.#lanes.get(model)?.waiting.size ?? 0) + 1);
  }

  /**
   * Goes on with a text.
   *
   * @throws {ServiceError} `queue_full` if it begins and there is no room; the signal's reason; an
   *   error of the task
   */
  run(piece: TextPiece, { model, signal, isAdmitted }: RunTextOptions): Promise<BatchedText> {
    signal.throwIfAborted();
    if (!isAdmitted) this.requireRoom(model);
    const lane = this.#lanes.get(model) ?? { waiting: new Set(), tasks: 0 };
    this.#lanes.set(model, lane);
    const { promise, resolve, reject } = Promise.withResolvers<BatchedText>();
    const waiting: WaitingText = { piece, since: performance.now(), resolve, reject };
    const abandon = () => {
      // In a task that runs already it goes on to the end of its piece, for nobody.
      lane.waiting.delete(waiting);
      reject(signal.reason);
    };
    signal.addEventListener("abort", abandon, { once: true });
    lane.waiting.add(waiting);
    this.#dispatch(model, lane);
    return promise.finally(() => signal.removeEventListener("abort", abandon));
  }

  #dispatch(model: string, lane: Lane): void {
    while (lane.tasks < this.#pool.size && lane.waiting.size > 0) {
      const batch = [...lane.waiting].slice(0, TEXTS_PER_TASK_MAX);
      for (const waiting of batch) lane.waiting.delete(waiting);
      lane.tasks++;
      void this.#execute(model, batch).finally(() => {
        lane.tasks--;
        if (lane.tasks === 0 && lane.waiting.size === 0) this.#lanes.delete(model);
        else this.#dispatch(model, lane);
      });
    }
  }

  async #execute(model: string, batch: WaitingText[]): Promise<void> {
    const task: InferenceTask = {
      model,
      input: { kind: "texts", texts: batch.map(({ piece }) => piece) },
      query: { verb: "generate" },
      pixelsMax: 0,
    };
    const begun = performance.now();
    try {
      // Whoever leaves does not end it for the others.
      const [pending] = this.#pool.run([task], NEVER, { isAdmitted: true });
      const result = await pending;
      if (result?.answer.verb !== "generate") throw new TypeError("The answer must be texts");
      const { answer: { texts }, queueMs, timings } = result;
      batch.forEach(({ since, resolve, reject }, index) => {
        const text = texts[index];
        if (!text) return reject(new ServiceError("internal_error", "A text was lost"));
        resolve({ text, queueMs: begun - since + queueMs, predictMs: timings.predict });
      });
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }
}

const NEVER = new AbortController().signal;
