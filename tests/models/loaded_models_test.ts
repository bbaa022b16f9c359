import { assertEquals, assertRejects } from "@std/assert";
import { LoadedModels } from "../../models/loaded_models.ts";

function open(loadedMax: number) {
  const events: string[] = [];
  const models = new LoadedModels<{ id: string }>({
    loadedMax,
    unload(id) {
      events.push(`unload ${id}`);
      return Promise.resolve();
    },
  });
  const acquire = (id: string, signal?: AbortSignal) => {
    const load = () => {
      events.push(`load ${id}`);
      return Promise.resolve({ id });
    };
    return models.acquire(id, load, signal);
  };
  return { models, events, acquire };
}

/** Lets everything run that can. */
function settle(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 5));
}

Deno.test("LoadedModels loads once for all who ask meanwhile, and keeps it", async () => {
  const { events, acquire, models } = open(2);
  const held = await Promise.all([acquire("a"), acquire("a")]);
  for (const { release } of held) release();
  (await acquire("a")).release();
  assertEquals(events, ["load a"]);
  assertEquals(models.peek("a"), { id: "a" });
  assertEquals(models.peek("b"), undefined);
});

Deno.test("LoadedModels unloads the least recently used one that nobody holds", async () => {
  const { events, acquire } = open(2);
  (await acquire("a")).release();
  (await acquire("b")).release();
  (await acquire("a")).release();
  (await acquire("c")).release();
  assertEquals(events, ["load a", "load b", "unload b", "load c"]);
  const held = await acquire("a");
  await acquire("d");
  assertEquals(events.slice(4), ["unload c", "load d"]);
  held.release();
});

Deno.test("LoadedModels waits while all are in use, and counts a release once", async () => {
  const { events, acquire } = open(1);
  const first = await acquire("a");
  const second = await acquire("a");
  const waiting = Promise.all([acquire("b"), acquire("c")]
    .map(async (pending) => (await pending).release()));
  first.release();
  first.release();
  await settle();
  assertEquals(events, ["load a"]);
  second.release();
  await waiting;
  assertEquals(events, ["load a", "unload a", "load b", "unload b", "load c"]);
});

Deno.test("LoadedModels gives the place of a failed load to the next", async () => {
  const { events, acquire, models } = open(1);
  const fail = () => Promise.reject(new Error("broken"));
  await assertRejects(() => models.acquire("x", fail), Error, "broken");
  assertEquals(models.peek("x"), undefined);
  (await acquire("a")).release();
  assertEquals(events, ["load a"]);
});

Deno.test("LoadedModels loads anew what it has unloaded", async () => {
  const { events, acquire } = open(1);
  for (const id of ["a", "b", "a"]) (await acquire(id)).release();
  assertEquals(events, ["load a", "unload a", "load b", "unload b", "load a"]);
});

Deno.test("LoadedModels does not load what nobody waits for any longer", async () => {
  const { events, acquire } = open(1);
  const first = await acquire("a");
  const controller = new AbortController();
  const gone = ["b", "c", "d"].map((id) => acquire(id, controller.signal));
  const staying = acquire("d");
  await settle();
  controller.abort(new Error("gone"));
  for (const each of gone) await assertRejects(() => each, Error, "gone");
  first.release();
  (await staying).release();
  assertEquals(events, ["load a", "unload a", "load d"]);
  // It can be asked for again.
  (await acquire("b")).release();
  assertEquals(events.slice(3), ["unload d", "load b"]);
});

Deno.test("LoadedModels makes room with one whose holder left while it was loaded", async () => {
  const { models, events, acquire } = open(1);
  const gate = Promise.withResolvers<{ id: string }>();
  const controller = new AbortController();
  const gone = models.acquire("a", () => gate.promise, controller.signal);
  await settle();
  controller.abort(new Error("gone"));
  await assertRejects(() => gone, Error, "gone");
  const waiting = acquire("b");
  await settle();
  gate.resolve({ id: "a" });
  (await waiting).release();
  assertEquals(events, ["unload a", "load b"]);
});

Deno.test("LoadedModels loads for whoever asks in the moment in which the last one has gone", async () => {
  for (let turns = 0; turns < 12; turns++) {
    const { events, acquire } = open(1);
    const first = await acquire("a");
    const controller = new AbortController();
    const gone = acquire("b", controller.signal);
    await settle();
    controller.abort(new Error("gone"));
    for (let turn = 0; turn < turns; turn++) await Promise.resolve();
    const staying = acquire("b");
    await assertRejects(() => gone, Error, "gone");
    first.release();
    (await staying).release();
    assertEquals(events, ["load a", "unload a", "load b"]);
  }
});
