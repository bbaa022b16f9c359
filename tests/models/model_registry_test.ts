import { assertEquals, assertRejects } from "@std/assert";
import { ServiceError } from "../../lib/service_error.ts";
import type { CatalogEntry } from "../../models/catalog.ts";
import { ModelRegistry, type ModelSource } from "../../models/model_registry.ts";
import { InferencePool } from "../../models/pool/inference_pool.ts";
import { ABSENT_ENTRY, ENTRY } from "../routes/test_app.ts";
import { type FakeBehaviour, FakeExecutor } from "./pool/fake_executor.ts";

const SOURCE: ModelSource = {
  has: ({ name }) => Promise.resolve(name === ENTRY.name),
  read: () => Promise.resolve({ files: new Map(), labels: ["cat", "dog"] }),
};

async function open(source: Partial<ModelSource> = {}, behaviour: FakeBehaviour = {}) {
  const executor = new FakeExecutor(behaviour);
  const pool = await InferencePool.start({
    size: 1,
    queueMax: 1,
    taskTimeoutMs: 1_000,
    spawn: () => Promise.resolve(executor),
  });
  const catalog: CatalogEntry[] = [ENTRY, ABSENT_ENTRY];
  const registry = new ModelRegistry(catalog, { source: { ...SOURCE, ...source }, pool });
  return { registry, executor, [Symbol.dispose]: () => pool.close() };
}

Deno.test("ModelRegistry.loadAll() loads what is at hand and leaves the rest", async () => {
  using test = await open();
  await test.registry.loadAll();
  const states = (await test.registry.list()).map(({ entry, state }) => [entry.name, state]);
  assertEquals(states, [["tiny", "ready"], ["absent", "not_pulled"]]);
  assertEquals(test.executor.loaded, ["tiny"]);
});

Deno.test("ModelRegistry.serve() loads a model once for requests that come together", async () => {
  using test = await open();
  const [first, second] = await Promise.all([
    test.registry.serve("tiny"),
    test.registry.serve("tiny"),
  ]);
  assertEquals(first, second);
  assertEquals(first?.labels, ["cat", "dog"]);
  assertEquals(test.executor.loaded, ["tiny"]);
});

Deno.test("ModelRegistry.serve() throws for names that are unknown or not pulled", async () => {
  using test = await open();
  const absent = await assertRejects(
    () => test.registry.serve("absent"),
    ServiceError,
    "deno task pull",
  );
  const unknown = await assertRejects(async () => await test.registry.serve("x"), ServiceError);
  assertEquals([absent.code, unknown.code], ["model_not_pulled", "model_not_found"]);
});

Deno.test("ModelRegistry.serve() tries again after a failure", async () => {
  let attempts = 0;
  using test = await open({}, {
    load: () => attempts++ === 0 ? Promise.reject(new Error("flaky")) : Promise.resolve(),
  });
  await assertRejects(() => test.registry.serve("tiny"), Error, "flaky");
  assertEquals((await test.registry.serve("tiny")).entry.name, "tiny");
});

Deno.test("ModelRegistry.serve() refuses labels that do not match the outputs", async () => {
  using test = await open({ read: () => Promise.resolve({ files: new Map(), labels: ["cat"] }) });
  const error = await assertRejects(
    () => test.registry.serve("tiny"),
    ServiceError,
    "1 labels for 2",
  );
  assertEquals(error.code, "model_unusable");
  assertEquals(test.executor.unloaded, ["tiny"]);
  assertEquals((await test.registry.describe("tiny")).state, "pulled");
});
