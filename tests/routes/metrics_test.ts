import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { createTestApp, post } from "./test_app.ts";

Deno.test("GET /metrics counts requests by route pattern and times the stages", async () => {
  await using test = await createTestApp();
  for (let count = 0; count < 3; count++) {
    await (await test.app.request("/v1/models/tiny:classify", post("x"))).body?.cancel();
  }
  await (await test.app.request("/v1/models/nobody")).body?.cancel();
  const response = await test.app.request("/metrics");
  const text = await response.text();
  assertMatch(response.headers.get("Content-Type") ?? "", /^text\/plain/);
  assertMatch(
    text,
    /http_request_duration_seconds_count\{method="POST",route="\/v1\/models\/\{model\}:classify",status="200"\} 3/,
  );
  assertMatch(
    text,
    /http_request_duration_seconds_count\{method="GET",route="\/v1\/models\/\{model\}",status="404"\} 1/,
  );
  assertStringIncludes(
    text,
    'lastlayer_stage_duration_seconds_count{model="tiny",stage="predict"} 3',
  );
  assertStringIncludes(text, "lastlayer_tasks_total 3");
  assertStringIncludes(text, 'lastlayer_worker_tensors{worker="0"} 3');
  assertStringIncludes(text, "lastlayer_threads_busy 0");
  assertEquals(text.includes("nobody"), false);
});

Deno.test("GET /metrics does not count twice when it is read twice", async () => {
  await using test = await createTestApp();
  await (await test.app.request("/v1/models/tiny:classify", post("x"))).body?.cancel();
  await (await test.app.request("/metrics")).body?.cancel();
  assertStringIncludes(
    await (await test.app.request("/metrics")).text(),
    "lastlayer_tasks_total 1",
  );
});
