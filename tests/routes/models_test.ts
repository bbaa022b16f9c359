import { assertEquals, assertMatch } from "@std/assert";
import { createTestApp, post } from "./test_app.ts";

Deno.test("GET /v1/models lists every model with its state, and the backend", async () => {
  using test = await createTestApp();
  await test.models.loadAll();
  const response = await test.app.request("http://host:1/v1/models");
  const { version, backend, models } = await response.json();
  assertMatch(version, /^\d+\.\d+\.\d+$/);
  assertEquals(backend, {
    name: "wasm",
    simd: true,
    version: "test",
    workers: 1,
    workers_live: 1,
  });
  const states = models.map(({ name, state }: { name: string; state: string }) => [name, state]);
  assertEquals(states, [["tiny", "ready"], ["absent", "not_pulled"]]);
  assertEquals(models[0].urls.classify, "http://host:1/v1/models/tiny:classify");
  assertEquals(models[1].pull, "deno task pull absent");
});

Deno.test("GET /v1/models/{model} gives labels, input, preprocessing and versions", async () => {
  using test = await createTestApp();
  const before = await (await test.app.request("/v1/models/tiny")).json();
  assertEquals([before.state, before.versions, before.labels], ["pulled", [], []]);
  await (await test.app.request("/v1/models/tiny:classify", post("x"))).body?.cancel();
  const after = await (await test.app.request("/v1/models/tiny")).json();
  assertEquals(after.state, "ready");
  assertEquals(after.labels, ["cat", "dog"]);
  assertEquals(after.versions, [{ version: 1, feature_length: 4, load_ms: 1 }]);
  assertEquals(after.preprocessing, { fit: "crop", crop_fraction: 1, scale: 1, offset: 0 });
  assertEquals(after.metrics, { source: "a test", top_1: 0.5, top_5: 1 });
  assertEquals([after.input.height, after.input.width, after.input.channels], [8, 8, 3]);
});

Deno.test("GET /v1/models/{model} answers 404 for a name that is not known", async () => {
  using test = await createTestApp();
  const response = await test.app.request("/v1/models/nobody");
  assertEquals([response.status, (await response.json()).code], [404, "model_not_found"]);
});
