import { assertEquals } from "@std/assert";
import { z } from "zod";
import {
  allLayersHyperparametersSchema,
  hyperparametersSchema,
} from "../../routes/hyperparameter_schemas.ts";
import { listOf, newJobSchema, toTrainingOptions } from "../../routes/job_schemas.ts";

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
  const all = allLayersHyperparametersSchema.parse({
    layers: [{ type: "embedding", output_dim: 4 }, { type: "gru", units: 2, reset_after: false }],
    clip_norm: 0.5,
  });
  assertEquals(toTrainingOptions<"all_layers">(all), {
    layers: [{ type: "embedding", outputDim: 4 }, { type: "gru", units: 2, resetAfter: false }],
    clipNorm: 0.5,
  });
});

Deno.test("newJobSchema takes the hyperparameters of the method alone", () => {
  const take = (method: unknown) =>
    newJobSchema.safeParse({ model: "none", training_file: "a", method }).success;
  const hyperparameters = { clip_norm: 1 };
  assertEquals(take({ type: "all_layers", all_layers: { hyperparameters } }), true);
  assertEquals(take({ type: "all_layers" }), true);
  assertEquals(take({ type: "supervised", all_layers: { hyperparameters } }), false);
  assertEquals(take({ type: "all_layers", all_layers: { hyperparameters: { l2: 1 } } }), false);
});

Deno.test("listOf() has OpenAI's form", () => {
  const list = { object: "list" as const, data: [1], has_more: false };
  assertEquals(listOf(z.number()).parse(list), list);
});
