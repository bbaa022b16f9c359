import { assertEquals, assertStringIncludes } from "@std/assert";
import { createOpenApiDocument } from "../../routes/openapi.ts";
import { createTestApp } from "./test_app.ts";

const KEYS = ["first-key-0123456789", "second-key-0123456789"];

async function get(path: string, authorization?: string) {
  await using test = await createTestApp({}, { apiKeys: KEYS });
  const headers = authorization === undefined ? {} : { Authorization: authorization };
  const response = await test.app.request(path, { headers });
  const text = await response.text();
  return { status: response.status, text, challenge: response.headers.get("WWW-Authenticate") };
}

Deno.test("authenticate() lets each of several keys in", async () => {
  for (const key of KEYS) assertEquals((await get("/v1/models", `Bearer ${key}`)).status, 200);
});

Deno.test("authenticate() refuses a missing, wrong or malformed key with the service's error form", async () => {
  for (const header of [undefined, "Bearer wrong-key-0123456789", "Basic abc", "Bearer", KEYS[0]]) {
    for (const path of ["/v1/models", "/metrics", "/nowhere", "/docsearch", "/v1/docs"]) {
      const { status, text, challenge } = await get(path, header);
      const { code, error } = JSON.parse(text);
      assertEquals([status, code], [401, "unauthorized"], `${path} ${header}`);
      assertStringIncludes(error, "valid API key");
      assertEquals(challenge?.startsWith("Bearer"), true);
      assertEquals(text.includes(KEYS[0] ?? ""), false);
    }
  }
});

Deno.test("authenticate() leaves health open", async () => {
  for (const path of ["/v2/health/live", "/v2/health/ready"]) {
    assertEquals((await get(path)).status, 200);
  }
});

Deno.test("authenticate() leaves the documentation open, which says nothing of the installation", async () => {
  const files = ["/docs", "/docs/start.js", "/docs/swagger-ui.css", "/docs/swagger-ui-bundle.js"];
  for (const path of files) assertEquals((await get(path)).status, 200, path);
  assertEquals((await get("/")).status, 302);
  const { status, text } = await get("/openapi.json");
  assertEquals(status, 200);
  assertEquals(text, JSON.stringify(createOpenApiDocument()));
});
