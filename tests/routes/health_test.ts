import { assertEquals } from "@std/assert";
import { createTestApp } from "./test_app.ts";

async function readiness(test: Awaited<ReturnType<typeof createTestApp>>) {
  const response = await test.app.request("/v2/health/ready");
  return { status: response.status, ...await response.json() };
}

Deno.test("GET /v2/health/live answers while the process runs", async () => {
  await using test = await createTestApp();
  const response = await test.app.request("/v2/health/live");
  assertEquals([response.status, await response.json()], [200, { live: true }]);
});

Deno.test("GET /v2/health/ready says no while an executor is being replaced", async () => {
  let spawned = 0;
  await using test = await createTestApp({
    load: () => spawned++ < 1 ? Promise.resolve() : new Promise(() => {}),
  });
  (await test.models.acquire("tiny"))[Symbol.dispose]();
  assertEquals(await readiness(test), { status: 200, ready: true });
  test.executors[0]?.terminate("crashed");
  await new Promise((resolve) => setTimeout(resolve, 10));
  assertEquals(await readiness(test), { status: 503, ready: false });
});

Deno.test("GET /v2/health/ready says no while the service drains", async () => {
  await using test = await createTestApp({}, { isDraining: () => true });
  assertEquals(await readiness(test), { status: 503, ready: false });
});
