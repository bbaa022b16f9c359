/// <reference lib="deno.worker" />
import { END, ENDED } from "./end_worker.ts";

/**
 * Lets a worker thread be ended by `endWorker()`: it answers as soon as it has a turn. To be called
 * before the thread listens for anything else.
 *
 * @param scope `self` of the thread
 */
export function answerEnd(
  scope: Pick<DedicatedWorkerGlobalScope, "addEventListener" | "postMessage">,
): void {
  scope.addEventListener("message", (event) => {
    if (event.data !== END) return;
    event.stopImmediatePropagation();
    scope.postMessage(ENDED);
  });
}
