import { assertEquals, assertMatch } from "@std/assert";
import { createTestApp, post } from "./test_app.ts";

Deno.test("GET /v1/models lists every model with its state, and the backend", async () => {
  await using test = await createTestApp();
  (await test.models.acquire("tiny"))[Symbol.dispose]();
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
  assertEquals(states, [
    ["tiny", "ready"],
    ["absent", "not_pulled"],
    ["letters", "available"],
    ["motion", "available"],
    ["writer", "available"],
    ["pair", "available"],
  ]);
  assertEquals(models[0].urls.classify, "http://host:1/v1/models/tiny:classify");
  assertEquals(models[1].pull, "deno task pull absent");
});

Deno.test("GET /v1/models/{model} gives labels, input, preprocessing and versions", async () => {
  await using test = await createTestApp();
  const before = await (await test.app.request("http://host/v1/models/tiny")).json();
  const url = "http://host/v1/models/tiny/versions/1";
  assertEquals(before.versions, [{ version: 1, url }]);
  assertEquals([before.state, before.labels], ["available", []]);
  assertEquals(before.version_labels, { stable: 1 });
  await (await test.app.request("/v1/models/tiny:classify", post("x"))).body?.cancel();
  const after = await (await test.app.request("http://host/v1/models/tiny")).json();
  assertEquals(after.state, "ready");
  assertEquals(after.labels, ["cat", "dog"]);
  assertEquals(after.versions, [{ version: 1, feature_length: 4, load_ms: 1, url }]);
  assertEquals(after.preprocessing, { fit: "crop", crop_fraction: 1, scale: 1, offset: 0 });
  assertEquals(after.metrics, { source: "a test", values: { top_1: 0.5, top_5: 1 } });
  assertEquals([after.input.height, after.input.width, after.input.channels], [8, 8, 3]);
});

Deno.test("GET /v1/models/{model} answers 404 for a name that is not known", async () => {
  await using test = await createTestApp();
  const response = await test.app.request("/v1/models/nobody");
  assertEquals([response.status, (await response.json()).code], [404, "model_not_found"]);
});

Deno.test("GET /v1/models/{model} gives the signature of each kind of input and the URLs of its verbs", async () => {
  await using test = await createTestApp();
  const text = await (await test.app.request("http://host/v1/models/letters")).json();
  assertEquals(text.input, {
    kind: "text",
    types: ["text/plain", "application/json"],
    vocabulary: "abcdefghijklmnopqrstuvwxyz",
    folding: "lower",
    characters_max: 8,
  });
  assertEquals(text.preprocessing, undefined);
  const series = await (await test.app.request("http://host/v1/models/motion")).json();
  assertEquals(series.input, {
    kind: "series",
    types: ["text/csv", "application/octet-stream", "application/json"],
    channels: 2,
    steps_max: 4,
  });
  assertEquals(series.urls, {
    self: "http://host/v1/models/motion",
    classify: "http://host/v1/models/motion:classify",
    predict: "http://host/v1/models/motion:predict",
    embed: "http://host/v1/models/motion:embed",
  });
});
