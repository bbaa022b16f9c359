import { assertEquals } from "@std/assert";
import { z } from "zod";
import { hyperparametersSchema, listOf, toTrainingOptions } from "../../routes/job_schemas.ts";

Deno.test("toTrainingOptions() takes the names of the code, and auto for the default", () => {
  const wire = hyperparametersSchema.parse({
    n_epochs: 3,
    batch_size: "auto",
    learning_rate: 0.5,
    class_weight: "balanced",
  });
  assertEquals(toTrainingOptions(wire), { epochs: 3, learningRate: 0.5, classWeight: "balanced" });
  assertEquals(toTrainingOptions({ epochs: 2, n_epochs: 3 }), { epochs: 2 });
  assertEquals(toTrainingOptions({}), {});
});

Deno.test("hyperparametersSchema refuses other fields and other types", () => {
  for (const wrong of [{ depth: 1 }, { l2: "1" }, { hidden: 3 }, { optimizer: "rmsprop" }]) {
    assertEquals(hyperparametersSchema.safeParse(wrong).success, false);
  }
});

Deno.test("listOf() has OpenAI's form", () => {
  const list = { object: "list" as const, data: [1], has_more: false };
  assertEquals(listOf(z.number()).parse(list), list);
});
