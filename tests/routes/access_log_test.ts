import { assertEquals } from "@std/assert";
import { configure, type LogRecord, reset } from "@logtape/logtape";
import { createTestApp } from "./test_app.ts";

Deno.test("accessLog() writes one line per request without query or key", async () => {
  const records: LogRecord[] = [];
  await configure({
    sinks: { memory: (record) => records.push(record) },
    loggers: [
      { category: "lastlayer", sinks: ["memory"], lowestLevel: "info" },
      { category: ["logtape", "meta"], sinks: [] },
    ],
  });
  try {
    await using test = await createTestApp({}, { apiKeys: ["0123456789abcdef"] });
    const headers = { Authorization: "Bearer 0123456789abcdef", "X-Request-Id": "id-1" };
    await (await test.app.request("/v1/models?token=hidden", { headers })).body?.cancel();
    assertEquals(records.length, 1);
    const { duration_ms, ...properties } = records[0]?.properties ?? {};
    assertEquals(typeof duration_ms, "number");
    assertEquals(properties, {
      request_id: "id-1",
      method: "GET",
      path: "/v1/models",
      status: 200,
    });
    assertEquals(/hidden|0123456789abcdef/.test(JSON.stringify(records)), false);
  } finally {
    await reset();
  }
});

Deno.test("accessLog() counts a request under the route that answered, or would have", async () => {
  const key = { Authorization: "Bearer 0123456789abcdef" };
  await using test = await createTestApp({}, { apiKeys: ["0123456789abcdef"] });
  const paths = ["/v1/models/a/sequences/stream", "/v1/models/a:classify", "/nothing/a"];
  for (const path of paths) {
    for (const headers of [key, {}]) {
      await (await test.app.request(path, { headers })).body?.cancel();
    }
  }
  const post = { method: "POST", headers: key };
  await (await test.app.request("/v1/models/a/versions/1:classify", post)).body?.cancel();
  const metrics = await (await test.app.request("/metrics", { headers: key })).text();
  const counted = [...metrics.matchAll(/seconds_count\{(.*)\} (\d+)/g)].map((each) => each[1]);
  assertEquals(
    counted.filter((labels) => labels?.startsWith("method=")),
    [
      'method="GET",route="/v1/models/{model}/sequences/stream",status="426"',
      'method="GET",route="/v1/models/{model}/sequences/{sequence}",status="401"',
      'method="GET",route="/*",status="405"',
      'method="GET",route="/*",status="401"',
      'method="GET",route="/*",status="404"',
      'method="POST",route="/v1/models/{model}:classify",status="404"',
    ],
  );
});
