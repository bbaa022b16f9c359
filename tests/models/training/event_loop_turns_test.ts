import { assertEquals, assertGreaterOrEqual } from "@std/assert";
import { EventLoopTurns } from "../../../models/training/event_loop_turns.ts";

function work(milliseconds: number): void {
  const end = performance.now() + milliseconds;
  while (performance.now() < end);
}

Deno.test("EventLoopTurns gives a turn once one is due, and not before", async () => {
  let ran = 0;
  setTimeout(() => ran++);
  const turns = new EventLoopTurns();
  await turns.give();
  assertEquals(ran, 0);
  work(60);
  await turns.give();
  assertEquals(ran, 1);
});

Deno.test("EventLoopTurns lets a busy thread be ended from outside", async () => {
  const source = `
    import { EventLoopTurns } from ${
    JSON.stringify(import.meta.resolve("../../../models/training/event_loop_turns.ts"))
  };
    self.onmessage = async ({ data: steps }) => {
      const turns = new EventLoopTurns();
      for (;;) {
        Atomics.add(steps, 0, 1);
        await turns.give();
      }
    };`;
  const url = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
  const worker = new Worker(url, { type: "module" });
  const steps = new Int32Array(new SharedArrayBuffer(4));
  const wait = (milliseconds: number) =>
    new Promise((resolve) => setTimeout(resolve, milliseconds));
  worker.postMessage(steps);
  while (Atomics.load(steps, 0) === 0) await wait(10);
  worker.terminate();
  await wait(1_000);
  const counted = Atomics.load(steps, 0);
  await wait(200);
  assertGreaterOrEqual(counted, 1);
  assertEquals(Atomics.load(steps, 0), counted);
});
