import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { ServiceError } from "../../lib/service_error.ts";
import { ModelRegistry } from "../../models/model_registry.ts";
import type { ModelSource } from "../../models/model_source.ts";
import { InferencePool } from "../../models/pool/inference_pool.ts";
import { ABSENT_ENTRY, ENTRY } from "../routes/test_app.ts";
import { createMemorySource, makeKnown, NO_BACKBONE } from "./memory_source.ts";
import { type FakeBehaviour, FakeExecutor } from "./pool/fake_executor.ts";

const LABELLED = { ...ENTRY, labels: ["cat", "dog"] };

async function open(
  { sources = [], source = {}, loadedMax = 4, ...behaviour }: FakeBehaviour & {
    sources?: ModelSource[];
    source?: Partial<ModelSource>;
    loadedMax?: number;
  } = {},
) {
  const executor = new FakeExecutor(behaviour);
  const pool = await InferencePool.start({
    size: 1,
    queueMax: 1,
    taskTimeoutMs: 1_000,
    spawn: () => Promise.resolve(executor),
  });
  const models = [makeKnown(LABELLED), makeKnown(ABSENT_ENTRY, { isHere: false })];
  const registry = new ModelRegistry([createMemorySource(models, source), ...sources], {
    pool,
    loadedMax,
  });
  return { registry, executor, models, [Symbol.dispose]: () => pool.close() };
}

Deno.test("ModelRegistry.acquire() loads a model once for requests that come together", async () => {
  using test = await open();
  const leases = await Promise.all([
    test.registry.acquire("tiny", "classify"),
    test.registry.acquire("tiny", "embed"),
  ]);
  assertEquals(leases[0]?.model, leases[1]?.model);
  assertEquals(leases[0]?.model.labels, ["cat", "dog"]);
  assertEquals(test.executor.loaded, ["tiny@1"]);
});

Deno.test("ModelRegistry.list() tells what is ready, available and not pulled", async () => {
  const more = createMemorySource([
    makeKnown({ ...ENTRY, name: "other" }),
    // The first source that has a name owns it.
    makeKnown({ ...ENTRY, licence: "none" }),
  ]);
  using test = await open({ sources: [more] });
  using _lease = await test.registry.acquire("tiny", "classify");
  const states = (await test.registry.list()).map(({ known, state }) => {
    return [known.description.name, known.description.licence, state];
  });
  assertEquals(states, [
    ["tiny", "MIT", "ready"],
    ["absent", "MIT", "not_pulled"],
    ["other", "MIT", "available"],
  ]);
});

Deno.test("ModelRegistry.acquire() throws for names that are unknown or not pulled", async () => {
  using test = await open();
  const ask = (name: string) => () => test.registry.acquire(name, "classify");
  const absent = await assertRejects(ask("absent"), ServiceError, "deno task pull");
  const unknown = await assertRejects(ask("x"), ServiceError);
  assertEquals([absent.code, unknown.code], ["model_not_pulled", "model_not_found"]);
});

Deno.test("ModelRegistry.acquire() refuses a verb and lists those that the model has", async () => {
  using test = await open();
  test.models[0] = makeKnown({ ...LABELLED, verbs: ["embed"] });
  const error = await assertRejects(() => test.registry.acquire("tiny", "classify"), ServiceError);
  assertEquals(error.code, "verb_not_supported");
  assertStringIncludes(error.message, "has only :embed");
  assertEquals(test.executor.loaded, []);
});

Deno.test("ModelRegistry.acquire() tries again after a failure", async () => {
  let attempts = 0;
  using test = await open({
    load: () => attempts++ === 0 ? Promise.reject(new Error("flaky")) : Promise.resolve(),
  });
  await assertRejects(() => test.registry.acquire("tiny", "classify"), Error, "flaky");
  using lease = await test.registry.acquire("tiny", "classify");
  assertEquals(lease.model.description.name, "tiny");
});

Deno.test("ModelRegistry.acquire() refuses labels that do not match the outputs", async () => {
  using test = await open({
    source: { read: () => Promise.resolve({ backbone: NO_BACKBONE, labels: ["cat"] }) },
  });
  const ask = () => test.registry.acquire("tiny", "classify");
  const error = await assertRejects(ask, ServiceError, "1 labels for 2");
  assertEquals(error.code, "model_unusable");
  assertEquals(test.executor.unloaded, ["tiny@1"]);
  assertEquals((await test.registry.list())[0]?.state, "available");
});

Deno.test("ModelRegistry.acquire() loads the version that is meant beside the published one", async () => {
  const versions = [1, 2].map((version) => makeKnown(LABELLED, { version }));
  using test = await open({
    source: { findHistory: () => Promise.resolve({ versions, labels: { stable: 2 } }) },
  });
  using stable = await test.registry.acquire("tiny", "classify");
  using first = await test.registry.acquire({ name: "tiny", selector: { version: 1 } });
  assertEquals([stable.model.version, first.model.version], [2, 1]);
  assertEquals(test.executor.loaded, ["tiny@2", "tiny@1"]);
});

Deno.test("ModelRegistry.acquire() loads nothing when its signal has aborted", async () => {
  using test = await open({ loadedMax: 1 });
  const signal = AbortSignal.abort(new ServiceError("deadline_exceeded", "late"));
  const ask = () => test.registry.acquire("tiny", "classify", signal);
  await assertRejects(ask, ServiceError, "late");
  test.models.push(makeKnown({ ...LABELLED, name: "next" }));
  using _next = await test.registry.acquire("next", "classify");
  assertEquals(test.executor.loaded, ["next@1"]);
});

Deno.test("ModelRegistry follows its source: models come, move to another version, and go", async () => {
  using test = await open();
  using old = await test.registry.acquire("tiny", "classify");
  test.models[0] = makeKnown(LABELLED, { version: 2 });
  using current = await test.registry.acquire("tiny", "classify");
  // The request in flight keeps its version.
  assertEquals([old.model.version, current.model.version], [1, 2]);
  assertEquals(test.executor.unloaded, []);
  test.models.length = 0;
  const gone = await assertRejects(() => test.registry.acquire("tiny", "classify"), ServiceError);
  assertEquals(gone.code, "model_not_found");
});
