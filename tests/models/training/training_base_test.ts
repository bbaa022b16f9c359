import { assertEquals, assertRejects } from "@std/assert";
import { ServiceError } from "../../../lib/service_error.ts";
import { ModelRegistry } from "../../../models/model_registry.ts";
import { describeVersion } from "../../../models/training/describe_version.ts";
import { openTrainingBase, requireTrainingBase } from "../../../models/training/training_base.ts";
import { ABSENT_ENTRY, createTestApp, ENTRY, WRITER_MODEL } from "../../routes/test_app.ts";
import { createMemorySource, makeKnown } from "../memory_source.ts";
import { NAMES, TRAINED } from "./trained_fixture.ts";

const NEVER = new AbortController().signal;

Deno.test("openTrainingBase() holds the model and names its backbone", async () => {
  await using test = await createTestApp();
  using base = await openTrainingBase(test.models, "tiny", NEVER);
  assertEquals(base.card, { model: "tiny", version: 1, backboneSha256: "0" });
  assertEquals(base.description.licence, ENTRY.licence);
  assertEquals(base.model?.report.featureLength, 4);
});

Deno.test("openTrainingBase() has nothing to load for vectors", async () => {
  await using test = await createTestApp();
  using base = await openTrainingBase(test.models, "none", NEVER);
  assertEquals([base.model, base.card.model, base.card.backboneSha256], [undefined, "none", ""]);
});

Deno.test("openTrainingBase() names the base of a trained model, which may outlive it", async () => {
  await using test = await createTestApp();
  const base = { model: "tiny", version: 3, backboneSha256: "ab" };
  const card = describeVersion(TRAINED, {
    ...NAMES,
    job: { dataset: "pets", datasetHash: "", hyperparameters: {} },
    base: { card: base, description: ENTRY },
    input: ENTRY.input,
    durationMs: 1,
  });
  const stored = { card, jobId: "ftjob-1", createdAt: 0 };
  const trained = { ...makeKnown({ ...ENTRY, name: "pets", labels: ["a", "b"] }), stored };
  const vectors = makeKnown({ ...ENTRY, name: "rows", input: { kind: "vector", length: 2 } });
  const source = createMemorySource([trained, vectors]);
  const models = new ModelRegistry([source], { pool: test.pool, loadedMax: 2 });
  using opened = await openTrainingBase(models, "pets", NEVER);
  assertEquals(opened.card, base);
  using none = await openTrainingBase(models, "rows", NEVER);
  assertEquals([none.model, none.card.model], [undefined, "none"]);
});

Deno.test("requireTrainingBase() accepts a model that takes the samples", async () => {
  await using test = await createTestApp();
  const { models } = test;
  const input = await requireTrainingBase(models, { name: "tiny", kind: "image" });
  assertEquals(input, ENTRY.input);
  await requireTrainingBase(models, { name: "letters", kind: "text" });
  assertEquals(await requireTrainingBase(models, { name: "none", kind: "vector" }), undefined);
  const method = "all_layers";
  await requireTrainingBase(models, { name: "letters", kind: "text", method });
  for (const kind of ["text", "series", "vector"] as const) {
    await requireTrainingBase(models, { name: "none", kind, method });
  }
});

Deno.test("requireTrainingBase() refuses models that cannot be trained on the samples", async () => {
  await using test = await createTestApp();
  const refuse = async (name: string, kind: "image" | "text" | "vector") =>
    (await assertRejects(() => requireTrainingBase(test.models, { name, kind }), ServiceError))
      .code;
  assertEquals(await refuse("absent-for-ever", "image"), "model_not_found");
  assertEquals(await refuse(ABSENT_ENTRY.name, "image"), "model_not_pulled");
  assertEquals(await refuse(WRITER_MODEL.name, "text"), "verb_not_supported");
  assertEquals(await refuse("tiny", "text"), "invalid_value");
  assertEquals(await refuse("tiny", "vector"), "invalid_value");
  assertEquals(await refuse("none", "image"), "invalid_value");
});

Deno.test("requireTrainingBase() refuses to train the layers of networks over pictures", async () => {
  await using test = await createTestApp();
  for (const name of ["tiny", "none"]) {
    const error = await assertRejects(
      () => requireTrainingBase(test.models, { name, kind: "image", method: "all_layers" }),
      ServiceError,
      "the method supervised trains the last layer",
    );
    assertEquals([error.code, error.param], ["invalid_value", "method.type"]);
  }
});

Deno.test("openTrainingBase() takes a model for its own base whose layers were all trained", async () => {
  await using test = await createTestApp();
  const card = describeVersion(TRAINED, {
    ...NAMES,
    job: { dataset: "pets", datasetHash: "", hyperparameters: { method: "all_layers" } },
    base: { card: { model: "tiny", version: 3, backboneSha256: "ab" }, description: ENTRY },
    input: ENTRY.input,
    durationMs: 1,
  });
  const stored = { card, jobId: "ftjob-1", createdAt: 0 };
  const trained = { ...makeKnown({ ...ENTRY, name: "pets", labels: ["a", "b"] }), stored };
  const source = createMemorySource([trained]);
  const models = new ModelRegistry([source], { pool: test.pool, loadedMax: 2 });
  using opened = await openTrainingBase(models, "pets", NEVER);
  assertEquals(opened.card.model, "pets");
});
