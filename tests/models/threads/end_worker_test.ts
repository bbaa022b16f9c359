import { assert, assertEquals } from "@std/assert";
import { countBusyThreads, endWorker } from "../../../models/threads/end_worker.ts";
import { startBusyWorker, startWorker, waitUntil } from "./busy_worker.ts";

Deno.test("endWorker() ends a thread that has nothing to do", async () => {
  endWorker(startWorker(""));
  assertEquals([countBusyThreads(0), countBusyThreads()], [1, 0]);
  await waitUntil(() => countBusyThreads(0) === 0);
});

Deno.test("countBusyThreads() counts a thread until it has a turn", async () => {
  const started = performance.now();
  endWorker(await startBusyWorker(1_500));
  await waitUntil(() => countBusyThreads() === 1);
  await waitUntil(() => countBusyThreads() === 0);
  assert(performance.now() - started >= 1_500);
  assertEquals(countBusyThreads(0), 0);
});

Deno.test("endWorker() ends a thread that works with pauses, and hears it no more", async () => {
  const worker = startWorker(`
    setInterval(() => {
      postMessage("at work");
      const end = performance.now() + 20;
      while (performance.now() < end);
    });`);
  await new Promise((resolve) => worker.onmessage = resolve);
  endWorker(worker);
  await waitUntil(() => countBusyThreads(0) === 0);
});

Deno.test("countBusyThreads() does not count a thread that breaks", async () => {
  endWorker(startWorker(`throw new Error("broken");`));
  await waitUntil(() => countBusyThreads(0) === 0);
});
