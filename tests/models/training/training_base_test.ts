import { assertEquals, assertRejects } from "@std/assert";
import { ServiceError } from "../../../lib/service_error.ts";
import { openTrainingBase, requireTrainingBase } from "../../../models/training/training_base.ts";
import { ABSENT_ENTRY, createTestApp, ENTRY, WRITER_MODEL } from "../../routes/test_app.ts";

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

Deno.test("requireTrainingBase() accepts a model that takes the samples", async () => {
  await using test = await createTestApp();
  await requireTrainingBase(test.models, "tiny", "image");
  await requireTrainingBase(test.models, "letters", "text");
  await requireTrainingBase(test.models, "none", "vector");
});

Deno.test("requireTrainingBase() refuses models that cannot be trained on the samples", async () => {
  await using test = await createTestApp();
  const refuse = async (name: string, kind: "image" | "text" | "vector") =>
    (await assertRejects(() => requireTrainingBase(test.models, name, kind), ServiceError)).code;
  assertEquals(await refuse("absent-for-ever", "image"), "model_not_found");
  assertEquals(await refuse(ABSENT_ENTRY.name, "image"), "model_not_pulled");
  assertEquals(await refuse(WRITER_MODEL.name, "text"), "verb_not_supported");
  assertEquals(await refuse("tiny", "text"), "invalid_value");
  assertEquals(await refuse("tiny", "vector"), "invalid_value");
  assertEquals(await refuse("none", "image"), "invalid_value");
});
