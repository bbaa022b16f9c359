import { assert, assertEquals } from "@std/assert";
import { type QueuedTask, type TaskPriority, TaskQueue } from "../../../models/pool/task_queue.ts";
import { makeTask } from "./fake_executor.ts";

function makeQueued(name: string, priority: TaskPriority): QueuedTask {
  return { task: makeTask(name), priority, queuedAt: 0, resolve() {}, reject() {} };
}

function nameOf(queued: QueuedTask | undefined): string | undefined {
  return queued?.task.model;
}

Deno.test("TaskQueue gives the foreground first, each priority in its order", () => {
  const queue = new TaskQueue();
  for (const name of ["b1", "b2"]) queue.add(makeQueued(name, "background"));
  for (const name of ["f1", "f2"]) queue.add(makeQueued(name, "foreground"));
  const names = Array.from({ length: 5 }, () => nameOf(queue.take({ background: true })));
  assertEquals(names, ["f1", "f2", "b1", "b2", undefined]);
});

Deno.test("TaskQueue keeps the background back while it may not run", () => {
  const queue = new TaskQueue();
  queue.add(makeQueued("b", "background"));
  assertEquals(queue.take({ background: false }), undefined);
  assertEquals([queue.count("foreground"), queue.count("background")], [0, 1]);
});

Deno.test("TaskQueue.delete() says whether the task was still waiting", () => {
  const queue = new TaskQueue();
  const queued = makeQueued("f", "foreground");
  queue.add(queued);
  assert(queue.delete(queued));
  assert(!queue.delete(queued));
  assertEquals(queue.count("foreground"), 0);
});

Deno.test("TaskQueue.clear() gives all that waited, once", () => {
  const queue = new TaskQueue();
  queue.add(makeQueued("b", "background"));
  queue.add(makeQueued("f", "foreground"));
  assertEquals(queue.clear().map(nameOf), ["f", "b"]);
  assertEquals(queue.clear(), []);
});
