import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { ServiceError } from "../../../lib/service_error.ts";
import type { InferenceResult } from "../../../models/inference_task.ts";
import type { ModelArtifact } from "../../../models/model_artifact.ts";
import { InferencePool } from "../../../models/pool/inference_pool.ts";
import { NO_BACKBONE } from "../memory_source.ts";
import { FAKE_RESULT, type FakeBehaviour, FakeExecutor, makeTask } from "./fake_executor.ts";

const NEVER = new AbortController().signal;

const ARTIFACT: ModelArtifact = { id: "m", backbone: NO_BACKBONE };

async function startPool(
  behaviour: FakeBehaviour,
  options: { size?: number; queueMax?: number; taskTimeoutMs?: number } = {},
): Promise<{ pool: InferencePool; executors: FakeExecutor[] }> {
  const executors: FakeExecutor[] = [];
  const pool = await InferencePool.start({
    size: 1,
    queueMax: 2,
    taskTimeoutMs: 10_000,
    ...options,
    spawn() {
      const executor = new FakeExecutor(behaviour);
      executors.push(executor);
      return Promise.resolve(executor);
    },
  });
  return { pool, executors };
}

/** Tasks that end when the test says so. */
function gate(): { run: () => Promise<InferenceResult>; open: () => void } {
  const waiting: (() => void)[] = [];
  return {
    run: () => new Promise((resolve) => waiting.push(() => resolve(FAKE_RESULT))),
    open: () => waiting.splice(0).forEach((resolve) => resolve()),
  };
}

async function until(condition: () => boolean): Promise<void> {
  for (let attempt = 0; !condition(); attempt++) {
    assert(attempt < 200, "The condition did not come true within 2 s");
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

Deno.test("InferencePool runs tasks of one request on several executors at once", async () => {
  const { run, open } = gate();
  const { pool } = await startPool({ run }, { size: 2 });
  const answers = pool.run([makeTask(), makeTask(), makeTask()], NEVER);
  assertEquals(pool.status().busy, 2);
  assertEquals(pool.status().queued, 1);
  open();
  await until(() => pool.status().completed === 2);
  open();
  assertEquals((await Promise.all(answers)).length, 3);
  assertEquals(pool.status().memory, [{ tensors: 3, bytes: 12 }, { tensors: 3, bytes: 12 }]);
  pool.close();
});

Deno.test("InferencePool refuses at once what its queue has no room for, all or nothing", async () => {
  const { run, open } = gate();
  const { pool } = await startPool({ run }, { queueMax: 2 });
  const accepted = pool.run([makeTask(), makeTask()], NEVER); // one runs, one waits
  const error = assertThrows(() => pool.run([makeTask(), makeTask()], NEVER), ServiceError);
  assertEquals(error.code, "queue_full");
  assert((error.retryAfterSeconds ?? 0) >= 1);
  assertEquals(pool.status().queued, 1);
  const last = pool.run([makeTask()], NEVER);
  for (let task = 0; task < 3; task++) {
    open();
    await until(() => pool.status().completed === task + 1);
  }
  await Promise.all([...accepted, ...last]);
  pool.close();
});

Deno.test("InferencePool drops a queued task when its signal aborts, and counts it", async () => {
  const { run, open } = gate();
  const { pool, executors } = await startPool({ run });
  const [running] = pool.run([makeTask("first")], NEVER);
  const controller = new AbortController();
  const [queued] = pool.run([makeTask("second")], controller.signal);
  controller.abort(new ServiceError("client_closed_request", "gone"));
  await assertRejects(async () => await queued, ServiceError, "gone");
  assertEquals(pool.status().queued, 0);
  assertEquals(pool.status().dropped, { client_closed_request: 1 });
  open();
  await running;
  assertEquals(executors[0]?.tasks.map(({ model }) => model), ["first"]);
  pool.close();
});

Deno.test("InferencePool answers a running task at its deadline and ignores the result", async () => {
  const { run, open } = gate();
  const { pool } = await startPool({ run });
  const controller = new AbortController();
  const [running] = pool.run([makeTask()], controller.signal);
  controller.abort(new ServiceError("deadline_exceeded", "late"));
  await assertRejects(async () => await running, ServiceError, "late");
  assertEquals(pool.status().busy, 1);
  open();
  await until(() => pool.status().busy === 0);
  assertEquals(pool.status().replaced, 0);
  pool.close();
});

Deno.test("InferencePool refuses a task whose signal is aborted already", async () => {
  const { pool } = await startPool({});
  const signal = AbortSignal.abort(new ServiceError("client_closed_request", "gone"));
  assertThrows(() => pool.run([makeTask()], signal), ServiceError, "gone");
  pool.close();
});

Deno.test("InferencePool replaces a crashed executor, loads its models and runs the next task", async () => {
  const { pool, executors } = await startPool({ run: () => new Promise(() => {}) });
  await pool.load(ARTIFACT);
  const [first, second] = pool.run([makeTask(), makeTask()], NEVER);
  executors[0]?.terminate("crashed");
  await assertRejects(async () => await first, ServiceError, "crashed");
  await until(() => pool.ready);
  assertEquals(executors.length, 2);
  assertEquals(executors[1]?.loaded, ["m"]);
  assertEquals(executors[1]?.tasks.length, 1);
  assertEquals(pool.status().replaced, 1);
  second?.catch(() => {});
  pool.close();
});

Deno.test("InferencePool replaces an executor that is stuck in a task", async () => {
  let calls = 0;
  const run = () => calls++ === 0 ? new Promise<never>(() => {}) : Promise.resolve(FAKE_RESULT);
  const { pool, executors } = await startPool({ run }, { taskTimeoutMs: 20 });
  const [stuck] = pool.run([makeTask()], NEVER);
  const error = await assertRejects(async () => await stuck, ServiceError, "longer than 20 ms");
  assertEquals(error.code, "worker_lost");
  const [next] = pool.run([makeTask()], NEVER);
  await next;
  assertEquals(executors.length, 2);
  pool.close();
});

Deno.test("InferencePool.load() leaves a model loaded nowhere when one executor refuses it", async () => {
  let loads = 0;
  const load = () => ++loads === 2 ? Promise.reject(new Error("bad weights")) : Promise.resolve();
  const { pool, executors } = await startPool({ load }, { size: 2 });
  await assertRejects(() => pool.load(ARTIFACT), Error, "bad weights");
  assertEquals(executors.map(({ unloaded }) => unloaded), [["m"], ["m"]]);
  executors[0]?.terminate("crashed");
  await until(() => pool.ready);
  assertEquals(executors[2]?.loaded, []);
  pool.close();
});

Deno.test("InferencePool.start() fails when an executor does not start", async () => {
  await assertRejects(
    () =>
      InferencePool.start({
        size: 1,
        queueMax: 1,
        taskTimeoutMs: 1,
        spawn: () => Promise.reject(new Error("no SIMD")),
      }),
    Error,
    "no SIMD",
  );
});

Deno.test("InferencePool.close() rejects what waits and what runs, and all that comes later", async () => {
  const { run } = gate();
  const { pool } = await startPool({ run });
  const [running, queued] = pool.run([makeTask(), makeTask()], NEVER);
  pool.close();
  await assertRejects(async () => await running, ServiceError, "shutting down");
  await assertRejects(async () => await queued, ServiceError, "shutting down");
  assertThrows(() => pool.run([makeTask()], NEVER), ServiceError, "shutting down");
  assert(!pool.ready);
});

Deno.test("InferencePool runs background tasks only when no other waits, outside of the queue's limit", async () => {
  const { run, open } = gate();
  const { pool, executors } = await startPool({ run }, { queueMax: 1 });
  const background = ["b1", "b2", "b3"].map(makeTask);
  const answers = pool.run(background, NEVER, { priority: "background" });
  answers.push(...pool.run([makeTask("f1")], NEVER));
  assertEquals(pool.status().queued, 1);
  assertEquals(pool.status().queuedBackground, 2);
  assertEquals(assertThrows(() => pool.run([makeTask()], NEVER), ServiceError).code, "queue_full");
  for (let task = 0; task < 4; task++) {
    open();
    await until(() => pool.status().completed === task + 1);
  }
  await Promise.all(answers);
  assertEquals(executors[0]?.tasks.map(({ model }) => model), ["b1", "f1", "b2", "b3"]);
  pool.close();
});

Deno.test("InferencePool leaves one executor of several to the traffic, and none without", async () => {
  const { run, open } = gate();
  const { pool } = await startPool({ run }, { size: 3 });
  const background = Array.from({ length: 8 }, () => makeTask());
  const answers = pool.run(background, NEVER, { priority: "background" });
  assertEquals(pool.status().busy, 3);
  answers.push(...pool.run([makeTask()], NEVER));
  open();
  await until(() => pool.status().completed === 3);
  // The request is first, and two of the background may run beside it.
  assertEquals([pool.status().busy, pool.status().queued], [3, 0]);
  open();
  await until(() => pool.status().completed === 6);
  assertEquals([pool.status().busy, pool.status().queuedBackground], [2, 1]);
  open();
  await until(() => pool.status().completed === 8);
  open();
  await Promise.all(answers);
  pool.close();
});

Deno.test("InferencePool drops background tasks with their signal and with its end", async () => {
  const { run } = gate();
  const { pool } = await startPool({ run });
  const controller = new AbortController();
  const options = { priority: "background" } as const;
  const [running, aborted] = pool.run([makeTask(), makeTask()], controller.signal, options);
  const [closed] = pool.run([makeTask()], NEVER, options);
  controller.abort(new ServiceError("shutting_down", "cancelled"));
  await assertRejects(async () => await running, ServiceError, "cancelled");
  await assertRejects(async () => await aborted, ServiceError, "cancelled");
  pool.close();
  await assertRejects(async () => await closed, ServiceError, "shutting down");
  assertThrows(() => pool.run([makeTask()], NEVER, options), ServiceError, "shutting down");
});
