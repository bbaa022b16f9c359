import { assert, assertEquals, assertRejects } from "@std/assert";
import type { ModelArtifact } from "../../../models/model_artifact.ts";
import { ExecutorSlot } from "../../../models/pool/executor_slot.ts";
import { makeTinyArtifact } from "../tiny_model.ts";
import { FakeExecutor } from "./fake_executor.ts";

function open(artifacts: ModelArtifact[], spawn: () => Promise<FakeExecutor>) {
  const ready = Promise.withResolvers<void>();
  const slot = new ExecutorSlot({
    spawn,
    artifacts: new Map(artifacts.map((artifact) => [artifact.id, artifact])),
    onFree: ready.resolve,
  });
  return { slot, ready: ready.promise };
}

Deno.test("ExecutorSlot.start() loads every model before the executor is ready", async () => {
  const executor = new FakeExecutor({});
  const artifacts = [makeTinyArtifact({ id: "a" }), makeTinyArtifact({ id: "b" })];
  const { slot, ready } = open(artifacts, () => Promise.resolve(executor));
  await slot.start();
  await ready;
  assertEquals(slot.executor, executor);
  assertEquals(executor.loaded, ["a", "b"]);
  slot.close();
});

Deno.test("ExecutorSlot.start() ends an executor that cannot load its models", async () => {
  const executor = new FakeExecutor({ load: () => Promise.reject(new Error("bad weights")) });
  const { slot } = open([makeTinyArtifact()], () => Promise.resolve(executor));
  await assertRejects(() => slot.start(), Error, "bad weights");
  await executor.ended;
  assertEquals(slot.executor, undefined);
});

Deno.test("ExecutorSlot keeps trying while a replacement does not start", async () => {
  let spawned = 0;
  const first = new FakeExecutor({});
  const last = new FakeExecutor({});
  const { slot } = open([], () => {
    spawned++;
    if (spawned === 1) return Promise.resolve(first);
    return spawned === 2 ? Promise.reject(new Error("no memory")) : Promise.resolve(last);
  });
  await slot.start();
  first.terminate("crashed");
  for (let attempt = 0; slot.executor !== last; attempt++) {
    assert(attempt < 200);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  assertEquals([spawned, slot.replaced], [3, 1]);
  slot.close();
});

Deno.test("ExecutorSlot.close() ends the executor and starts no other", async () => {
  let spawned = 0;
  const executor = new FakeExecutor({});
  const { slot } = open([], () => {
    spawned++;
    return Promise.resolve(executor);
  });
  await slot.start();
  slot.close();
  await executor.ended;
  await new Promise((resolve) => setTimeout(resolve, 150));
  assertEquals([spawned, slot.executor, slot.replaced], [1, undefined, 0]);
});

Deno.test("ExecutorSlot.load() keeps tasks off the executor meanwhile", async () => {
  const gate = Promise.withResolvers<void>();
  const executor = new FakeExecutor({ load: () => gate.promise });
  const { slot } = open([], () => Promise.resolve(executor));
  await slot.start();
  assertEquals(slot.free, executor);
  const loading = slot.load(makeTinyArtifact());
  assertEquals(slot.free, undefined);
  gate.resolve();
  assertEquals((await loading)?.classCount, 2);
  assertEquals(slot.free, executor);
  slot.close();
});

Deno.test("ExecutorSlot.start() frees a model that was withdrawn while it loaded", async () => {
  const artifacts = new Map([["a", makeTinyArtifact({ id: "a" })]]);
  const executor = new FakeExecutor({
    load: () => {
      artifacts.delete("a");
      return Promise.resolve();
    },
  });
  const spawn = () => Promise.resolve(executor);
  const slot = new ExecutorSlot({ spawn, artifacts, onFree: () => {} });
  await slot.start();
  assertEquals([executor.loaded, executor.unloaded], [["a"], ["a"]]);
  slot.close();
});

Deno.test("ExecutorSlot.start() ends with the models that are current, whatever changed meanwhile", async () => {
  const again = makeTinyArtifact({ id: "a" });
  const other = makeTinyArtifact({ id: "b" });
  const artifacts = new Map([["a", makeTinyArtifact({ id: "a" })]]);
  const calls: string[] = [];
  const executor = new FakeExecutor({
    load(id) {
      // It is withdrawn, and served again, while it loads for the first time.
      if (calls.push(`load ${id}`) === 1) artifacts.set(id, again);
      return Promise.resolve();
    },
    unload(id) {
      calls.push(`unload ${id}`);
      artifacts.set("b", other);
      return Promise.resolve();
    },
  });
  const spawn = () => Promise.resolve(executor);
  const slot = new ExecutorSlot({ spawn, artifacts, onFree: () => {} });
  await slot.start();
  assertEquals(calls, ["load a", "unload a", "load a", "load b"]);
  slot.close();
});

Deno.test("ExecutorSlot.start() misses no model that comes in the moment in which it ends", async () => {
  for (let turns = 0; turns < 30; turns++) {
    const artifacts = new Map([["a", makeTinyArtifact({ id: "a" })]]);
    const executor = new FakeExecutor({});
    const spawn = () => Promise.resolve(executor);
    const slot = new ExecutorSlot({ spawn, artifacts, onFree: () => {} });
    const starting = slot.start();
    for (let turn = 0; turn < turns; turn++) await Promise.resolve();
    const other = makeTinyArtifact({ id: "b" });
    artifacts.set("b", other);
    await slot.load(other);
    await starting;
    assertEquals(executor.loaded, ["a", "b"]);
    slot.close();
  }
});
