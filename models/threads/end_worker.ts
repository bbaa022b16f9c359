/** Asks a thread to say that it has a turn; see `answerEnd()`. */
export const END = "end";
/** What it answers. */
export const ENDED = "ended";

/** A thread that has not answered for so long is busy: a turn comes within milliseconds otherwise. */
const GRACE_MS = 1_000;

/** Threads that were asked to end and have not yet, with the time at which they were. */
const ending = new Map<Worker, number>();

/**
 * Ends a thread that may be busy. `Worker.terminate()` of Deno 2.9 does not interrupt a thread: it
 * ends at its next turn of the event loop, if there is one, and nobody hears of that. So the thread
 * is asked first, and ended when it answers; until then {@linkcode countBusyThreads} counts it.
 *
 * @param worker listens by `answerEnd()`; its other messages are heard no more
 */
export function endWorker(worker: Worker): void {
  const end = () => {
    worker.terminate();
    ending.delete(worker);
  };
  worker.onmessage = ({ data }) => data === ENDED && end();
  worker.onmessageerror = null;
  worker.onerror = (event) => {
    event.preventDefault();
    end();
  };
  ending.set(worker, performance.now());
  worker.postMessage(END);
}

/**
 * Threads of this process that go on although they were asked to end, each with a core and its
 * memory.
 *
 * @param graceMs how long a thread may take before it counts
 */
export function countBusyThreads(graceMs = GRACE_MS): number {
  const now = performance.now();
  return [...ending.values()].filter((asked) => now - asked >= graceMs).length;
}
