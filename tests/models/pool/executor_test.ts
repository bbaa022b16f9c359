import { assertEquals, assertRejects } from "@std/assert";
import { ServiceError } from "../../../lib/service_error.ts";
import { callGuarded } from "../../../models/pool/executor.ts";
import { FAKE_RESULT, FakeExecutor, makeTask } from "./fake_executor.ts";

const CALL = { method: "run", argument: makeTask(), timeoutMs: 20 } as const;

Deno.test("callGuarded() gives the answer of a call that is quick enough", async () => {
  const executor = new FakeExecutor({});
  assertEquals(await callGuarded(executor, CALL), FAKE_RESULT);
  await new Promise((resolve) => setTimeout(resolve, 40));
  // The watchdog is off: the executor still answers.
  assertEquals(await callGuarded(executor, CALL), FAKE_RESULT);
});

Deno.test("callGuarded() ends an executor that is stuck", async () => {
  const executor = new FakeExecutor({ run: () => new Promise(() => {}) });
  const error = await assertRejects(() => callGuarded(executor, CALL), ServiceError, "20 ms");
  assertEquals(error.code, "worker_lost");
  await executor.ended;
});
