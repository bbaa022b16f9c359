/** Traffic has ended when no request has come for so long. */
const IDLE_MS = 1_000;

/**
 * How many executors the background may have: all but one while there is traffic, as a task that runs
 * is not interrupted and the next request would wait for it, and all of them otherwise; at least one.
 */
export class BackgroundShare {
  readonly #size: number;
  #running = 0;
  #requestAt = -Infinity;

  /** Nothing runs and no request has come. */
  constructor(size: number) {
    this.#size = size;
  }

  /** Whether one more task of the background may start. */
  get hasRoom(): boolean {
    const isIdle = performance.now() - this.#requestAt > IDLE_MS;
    return this.#running < (isIdle ? this.#size : Math.max(1, this.#size - 1));
  }

  /** A request has come. */
  noteRequest(): void {
    this.#requestAt = performance.now();
  }

  /** A task of the background starts. */
  enter(): void {
    this.#running++;
  }

  /** A task of the background is over. */
  leave(): void {
    this.#running--;
  }
}
