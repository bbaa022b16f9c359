import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { hc } from "hono/client";
import type { App } from "../../routes/app.ts";
import { createTestApp, post } from "./test_app.ts";

Deno.test("createApp() answers an unknown path with 404 in the service's error form", async () => {
  await using test = await createTestApp();
  const response = await test.app.request("/nowhere");
  const { code, request_id } = await response.json();
  assertEquals([response.status, code], [404, "not_found"]);
  assertEquals(request_id, response.headers.get("X-Request-Id"));
});

Deno.test("createApp() keeps a client's request id and replaces an unfit one", async () => {
  await using test = await createTestApp();
  const kept = await test.app.request("/v1/models", { headers: { "X-Request-Id": "abc-1" } });
  assertEquals(kept.headers.get("X-Request-Id"), "abc-1");
  const replaced = await test.app.request("/v1/models", { headers: { "X-Request-Id": "a b" } });
  assertMatch(replaced.headers.get("X-Request-Id") ?? "", /^[0-9a-f-]{36}$/);
});

Deno.test("createApp() answers other methods with 405 and Allow", async () => {
  await using test = await createTestApp();
  const get = await test.app.request("/v1/models/tiny:classify", { method: "PUT" });
  assertEquals([get.status, (await get.json()).code], [405, "method_not_allowed"]);
  assertStringIncludes(get.headers.get("Allow") ?? "", "POST");
  const remove = await test.app.request("/v1/models", { method: "DELETE" });
  assertEquals(remove.status, 405);
  assertStringIncludes(remove.headers.get("Allow") ?? "", "GET");
});

Deno.test("createApp() answers OPTIONS with 204 and Allow, and HEAD without a body", async () => {
  await using test = await createTestApp();
  const options = await test.app.request("/v1/models", { method: "OPTIONS" });
  assertEquals([options.status, await options.text()], [204, ""]);
  assertStringIncludes(options.headers.get("Allow") ?? "", "GET");
  const head = await test.app.request("/v1/models", { method: "HEAD" });
  assertEquals([head.status, await head.text()], [200, ""]);
});

Deno.test("createApp() asks clients to close their connections while the service drains", async () => {
  let isDraining = false;
  await using test = await createTestApp({}, { isDraining: () => isDraining });
  const closing = async (path: string) => {
    const response = await test.app.request(path);
    await response.body?.cancel();
    return response.headers.get("Connection");
  };
  assertEquals(await closing("/v1/models"), null);
  isDraining = true;
  assertEquals(await closing("/v1/models"), "close");
  assertEquals(await closing("/nothing"), "close");
});

Deno.test("createApp() sends CORS headers to configured origins only", async () => {
  await using test = await createTestApp({}, { corsOrigins: ["https://a.example"] });
  const ask = (origin: string) => test.app.request("/v1/models", { headers: { Origin: origin } });
  const allowed = await ask("https://a.example");
  assertEquals(allowed.headers.get("Access-Control-Allow-Origin"), "https://a.example");
  const exposed = allowed.headers.get("Access-Control-Expose-Headers") ?? "";
  for (const name of ["Location", "Retry-After"]) assertStringIncludes(exposed, name);
  const other = await ask("https://b.example");
  assertEquals(other.headers.get("Access-Control-Allow-Origin"), null);
  await using silent = await createTestApp();
  const none = await silent.app.request("/v1/models", { headers: { Origin: "https://a.example" } });
  assertEquals(none.headers.get("Access-Control-Allow-Origin"), null);
});

Deno.test("createApp() answers a CORS preflight without a key", async () => {
  await using test = await createTestApp({}, { corsOrigins: ["*"], apiKeys: ["0123456789abcdef"] });
  const headers = { Origin: "https://a.example", "Access-Control-Request-Method": "POST" };
  const response = await test.app.request("/v1/models/tiny:classify", {
    method: "OPTIONS",
    headers,
  });
  assertEquals(response.status, 204);
  const allowed = response.headers.get("Access-Control-Allow-Headers") ?? "";
  for (const name of ["Authorization", "X-Shape", "Idempotency-Key", "Last-Event-ID"]) {
    assertStringIncludes(allowed, name);
  }
});

Deno.test("createApp() refuses a body above BODY_BYTES_MAX, with and without a length", async () => {
  await using test = await createTestApp({}, { environment: { BODY_BYTES_MAX: "1024" } });
  const path = "/v1/models/tiny:classify";
  const body = new Uint8Array(1025);
  const declared = await test.app.request(path, post(body, { "Content-Length": "1025" }));
  assertEquals([declared.status, (await declared.json()).code], [413, "body_too_large"]);
  let pulled = 0;
  const endless = new ReadableStream({
    pull(controller) {
      pulled++;
      controller.enqueue(new Uint8Array(512));
    },
  });
  const streamed = await test.app.request(path, post(endless));
  assertEquals([streamed.status, (await streamed.json()).code], [413, "body_too_large"]);
  assert(pulled < 10, `${pulled} chunks were read`);
  const fits = await test.app.request(path, post(new Uint8Array(1024)));
  assertEquals(fits.status, 200);
  await fits.body?.cancel();
});

Deno.test("App types the client", async () => {
  await using test = await createTestApp();
  const client = hc<App>("http://host", { fetch: test.app.request.bind(test.app) });
  const response = await client.v1.models.$get();
  const { models } = await response.json();
  assertEquals(models[0]?.name, "tiny");
  const one = await client.v1.models[":model{[\\w.-]+}"].$get({ param: { model: "tiny" } });
  assertEquals((await one.json()).name, "tiny");
  const verb = client.v1.models[":target{[\\w.-]+:classify}"];
  const answer = await verb.$post(
    { param: { target: "tiny:classify" }, query: { top_k: "1" } },
    { init: { body: "x" } },
  );
  const body = await answer.json();
  assertEquals("predictions" in body && body.predictions[0]?.label, "dog");
});

Deno.test("createApp() accepts a verb whose colon is encoded", async () => {
  await using test = await createTestApp();
  const response = await test.app.request("/v1/models/tiny%3Aclassify", post("x"));
  assertEquals((await response.json()).predictions.length, 2);
});

Deno.test("createApp() leads from / to the page that explains the service", async () => {
  await using test = await createTestApp();
  const response = await test.app.request("/");
  assertEquals([response.status, response.headers.get("Location")], [302, "/docs"]);
});
