import { assertEquals } from "@std/assert";
import { createTestApp, post } from "./test_app.ts";

const URL_DECODE = "/v1/models/pair:decode";

Deno.test("POST :decode answers with a picture", async () => {
  await using test = await createTestApp();
  const response = await test.app.request(URL_DECODE, post(Uint8Array.of(1, 2)));
  assertEquals([response.status, response.headers.get("Content-Type")], [200, "image/png"]);
  assertEquals([...new Uint8Array(await response.arrayBuffer())], [1, 2, 3]);
  const [task] = test.executors[0]?.tasks ?? [];
  assertEquals(task?.input, { kind: "code", values: Uint8Array.of(1, 2) });
});

Deno.test("POST :decode refuses a code of another length", async () => {
  await using test = await createTestApp();
  const response = await test.app.request(URL_DECODE, post(Uint8Array.of(1)));
  assertEquals([response.status, (await response.json()).code], [422, "invalid_value"]);
  assertEquals(test.executors[0]?.tasks.length, 0);
});
