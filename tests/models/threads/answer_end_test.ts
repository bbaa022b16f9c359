import { assertEquals } from "@std/assert";
import { answerEnd } from "../../../models/threads/answer_end.ts";
import { END, ENDED } from "../../../models/threads/end_worker.ts";

Deno.test("answerEnd() answers whoever wants to end the thread, and passes all else on", () => {
  const sent: unknown[] = [];
  const heard: unknown[] = [];
  const scope = new EventTarget() as DedicatedWorkerGlobalScope;
  scope.postMessage = (message: unknown) => void sent.push(message);
  answerEnd(scope);
  scope.addEventListener("message", ({ data }) => heard.push(data));
  for (const data of ["call", END]) scope.dispatchEvent(new MessageEvent("message", { data }));
  assertEquals([heard, sent], [["call"], [ENDED]]);
});
