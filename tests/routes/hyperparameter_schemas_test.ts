import { assertEquals } from "@std/assert";
import {
  allLayersHyperparametersSchema,
  hyperparametersSchema,
} from "../../routes/hyperparameter_schemas.ts";

Deno.test("hyperparametersSchema refuses other fields and other types", () => {
  for (const wrong of [{ depth: 1 }, { l2: "1" }, { hidden: 3 }, { optimizer: "rmsprop" }]) {
    assertEquals(hyperparametersSchema.safeParse(wrong).success, false);
  }
});

Deno.test("allLayersHyperparametersSchema refuses layers of other types and with other fields", () => {
  const take = (layers: unknown) => allLayersHyperparametersSchema.safeParse({ layers }).success;
  assertEquals(take([{ type: "dense", units: 3, activation: "relu" }]), true);
  for (
    const wrong of [
      3,
      [{ type: "conv2d", units: 3 }],
      [{ type: "lstm" }],
      [{ type: "lstm", units: 3, reset_after: true }],
      [{ type: "embedding", units: 3 }],
      [{ type: "dense", units: 3, activation: "tanh" }],
    ]
  ) {
    assertEquals(take(wrong), false);
  }
  assertEquals(allLayersHyperparametersSchema.safeParse({ l2: 1 }).success, false);
});
