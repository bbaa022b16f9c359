/** Nobody reads faster than this. */
const PROGRESS_MS = 200;
/** Copying weights costs more than an epoch of a small training. */
const CHECKPOINT_MS = 2_000;

/** Decides which epochs of a training are told of, and with which of them the weights go along. */
export class EpochThrottle {
  readonly #now: () => number;
  #told = -Infinity;
  #saved: number;

  /**
   * Starts with the training.
   *
   * @param now milliseconds from any moment on
   */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
    this.#saved = now();
  }

  /** What is to be told of the epoch that has just ended. */
  next(): "nothing" | "score" | "checkpoint" {
    const now = this.#now();
    if (now - this.#told < PROGRESS_MS) return "nothing";
    this.#told = now;
    if (now - this.#saved < CHECKPOINT_MS) return "score";
    this.#saved = now;
    return "checkpoint";
  }
}
