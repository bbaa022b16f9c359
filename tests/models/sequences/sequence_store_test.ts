import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { ServiceError } from "../../../lib/service_error.ts";
import { SequenceStore } from "../../../models/sequences/sequence_store.ts";

const ORIGIN = { owner: "me", model: "motion", version: 1, modelId: "motion@1" };
const SIGNAL = new AbortController().signal;

function createStore({ sequencesMax = 3, stepsWaitingMax = 2 } = {}) {
  const clock = { now: 1_000 };
  const store = new SequenceStore({
    sequencesMax,
    stepsWaitingMax,
    timeToLiveMs: 100,
    now: () => clock.now,
  });
  const make = () => store.create(ORIGIN).id;
  const address = (id: string) => ({ id, model: "motion", owner: "me" });
  const codeOf = (id: string) => assertThrows(() => store.find(address(id)), ServiceError).code;
  return { store, clock, make, address, codeOf };
}

const valueOf = (value: number) => ({ state: Float32Array.of(value), steps: value });

Deno.test("create() gives sequences of their own that begin with zeros", () => {
  const { store, make, address } = createStore();
  const [first, second] = [make(), make()];
  assertEquals(first === second, false);
  const { state, steps, expiresAt, createdAt } = store.find(address(first));
  assertEquals([state, steps, createdAt, expiresAt], [undefined, 0, 1_000, 1_100]);
  assertEquals(store.list({ model: "motion", owner: "me" }).map(({ id }) => id), [first, second]);
});

Deno.test("a sequence expires after its time to live, which each step renews", async () => {
  const { store, clock, make, address, codeOf } = createStore();
  const [stepped, idle] = [make(), make()];
  clock.now += 60;
  using turn = store.enter(address(stepped));
  await turn.ready(SIGNAL);
  turn.commit(valueOf(1));
  turn[Symbol.dispose]();
  clock.now += 39;
  assertEquals(store.size, 2);
  clock.now += 1;
  assertEquals(store.size, 1);
  assertEquals(codeOf(idle), "sequence_expired");
  assertEquals(store.find(address(stepped)).steps, 1);
  clock.now += 60;
  assertEquals(codeOf(stepped), "sequence_expired");
  assertEquals([store.size, store.lost], [0, { expired: 2, evicted: 0 }]);
});

Deno.test("create() evicts the least recently used sequence, and its client is told", () => {
  const { store, make, address, codeOf } = createStore();
  const [first, second, third] = [make(), make(), make()];
  store.enter(address(first))[Symbol.dispose]();
  make();
  assertEquals(codeOf(second), "sequence_evicted");
  assertEquals(store.find(address(first)).id, first);
  assertEquals(store.find(address(third)).id, third);
  assertEquals([store.size, store.lost.evicted], [3, 1]);
});

Deno.test("a sequence that is being stepped neither expires nor makes room", () => {
  const { store, clock, make, address } = createStore({ sequencesMax: 1 });
  const id = make();
  const turn = store.enter(address(id));
  clock.now += 1_000;
  assertEquals(store.find(address(id)).id, id);
  const error = assertThrows(() => store.create(ORIGIN), ServiceError);
  assertEquals([error.code, error.retryAfterSeconds], ["queue_full", 1]);
  turn[Symbol.dispose]();
  assertEquals(store.find(address(id)).expiresAt, clock.now + 100);
  make();
  assertEquals(store.size, 1);
});

Deno.test("enter() lets steps of one sequence go on in the order of their arrival", async () => {
  const { store, make, address } = createStore();
  const id = make();
  const log: string[] = [];
  const step = async (name: string, milliseconds: number) => {
    using turn = store.enter(address(id));
    const { steps } = await turn.ready(SIGNAL);
    log.push(`${name} from ${steps}`);
    await new Promise((resolve) => setTimeout(resolve, milliseconds));
    turn.commit(valueOf(steps + 1));
  };
  await Promise.all([step("a", 20), step("b", 5), step("c", 0)]);
  assertEquals(log, ["a from 0", "b from 1", "c from 2"]);
});

Deno.test("enter() refuses when too many steps wait, and a step that fails changes nothing", async () => {
  const { store, make, address } = createStore();
  const id = make();
  const running = store.enter(address(id));
  const waiting = [store.enter(address(id)), store.enter(address(id))];
  const error = assertThrows(() => store.enter(address(id)), ServiceError);
  assertEquals(error.code, "queue_full");
  running[Symbol.dispose]();
  const [next] = waiting;
  const sequence = await next?.ready(SIGNAL);
  assertEquals([sequence?.steps, sequence?.state], [0, undefined]);
  for (const turn of waiting) turn[Symbol.dispose]();
});

Deno.test("a step that stops waiting does not let the next one overtake the one before", async () => {
  const { store, make, address } = createStore();
  const id = make();
  const running = store.enter(address(id));
  const leaver = store.enter(address(id));
  const gone = new AbortController();
  const left = assertRejects(() => leaver.ready(gone.signal), Error, "left");
  gone.abort(new Error("left"));
  await left;
  leaver[Symbol.dispose]();
  using last = store.enter(address(id));
  let isReady = false;
  const ready = last.ready(SIGNAL).then(() => isReady = true);
  await new Promise((resolve) => setTimeout(resolve, 5));
  assertEquals(isReady, false);
  running[Symbol.dispose]();
  await ready;
});

Deno.test("delete() ends a sequence, also for the steps that run and wait", async () => {
  const { store, make, address, codeOf } = createStore();
  const id = make();
  using running = store.enter(address(id));
  using waiting = store.enter(address(id));
  await running.ready(SIGNAL);
  store.delete(address(id));
  const late = assertThrows(() => running.commit(valueOf(1)), ServiceError);
  running[Symbol.dispose]();
  const error = await assertRejects(() => waiting.ready(SIGNAL), ServiceError);
  waiting[Symbol.dispose]();
  assertEquals(
    [late.code, error.code, codeOf(id)],
    ["sequence_deleted", "sequence_deleted", "sequence_deleted"],
  );
  assertEquals(
    assertThrows(() => store.delete(address(id)), ServiceError).code,
    "sequence_deleted",
  );
  assertEquals([store.size, store.list({ model: "motion", owner: "me" })], [0, []]);
});

Deno.test("a sequence is there for its owner and on its model alone", () => {
  const { store, make, address } = createStore();
  const id = make();
  for (const other of [{ owner: "you" }, { model: "other" }, { id: `${id}0` }]) {
    const { code } = assertThrows(
      () => store.enter({ ...address(id), ...other }),
      ServiceError,
    );
    assertEquals(code, "sequence_not_found");
  }
  assertEquals(store.list({ model: "motion", owner: "you" }), []);
});

Deno.test("forget() ends a sequence without a trace, and one that is gone is no error", () => {
  const { store, make, address, codeOf } = createStore();
  const id = make();
  store.forget(address(id));
  store.forget(address(id));
  assertEquals([store.size, codeOf(id)], [0, "sequence_not_found"]);
});
