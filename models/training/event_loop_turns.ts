/** How long the event loop waits at most for its turn, give or take one step of the work. */
const TURN_MS = 50;

/**
 * Gives the event loop of a thread its turn while the thread works. Without that no timer, message
 * or signal reaches it, and `Worker.terminate()` of Deno 2.9 does not end it: that waits for the
 * next turn, however long the work takes.
 */
export class EventLoopTurns {
  #last = performance.now();

  /** To be awaited between two steps of the work; takes no time until a turn is due. */
  async give(): Promise<void> {
    if (performance.now() - this.#last < TURN_MS) return;
    await new Promise((resolve) => setTimeout(resolve));
    this.#last = performance.now();
  }
}
