import { assertEquals, assertStringIncludes } from "@std/assert";
import { createTestApp, post } from "./test_app.ts";

Deno.test("POST :encode answers with numbers, or bytes on request", async () => {
  await using test = await createTestApp();
  const numbers = await (await test.app.request("/v1/models/pair:encode", post("x"))).json();
  assertEquals([numbers.model, numbers.code], ["pair", [0.5, -1]]);
  const url = "/v1/models/pair:encode?dtype=uint8";
  assertEquals((await (await test.app.request(url, post("x"))).json()).code, [7, 255]);
});

Deno.test("POST :encode refuses another type of numbers", async () => {
  await using test = await createTestApp();
  const response = await test.app.request("/v1/models/pair:encode?dtype=int4", post("x"));
  assertEquals(response.status, 422);
  assertStringIncludes((await response.json()).error, "dtype must be float32 or uint8");
});
