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
