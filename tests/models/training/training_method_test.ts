import { assert, assertEquals, assertThrows } from "@std/assert";
import { ServiceError } from "../../../lib/service_error.ts";
import { DEFAULT_ALL_LAYERS_OPTIONS } from "../../../models/training/all_layers/all_layers_options.ts";
import { listPlan, readPlan, resolveTraining } from "../../../models/training/training_method.ts";
import { resolveTrainingOptions } from "../../../models/training/training_options.ts";

Deno.test("resolveTraining() fills in the defaults of the method", () => {
  assertEquals(resolveTraining({}), { method: "supervised", ...resolveTrainingOptions({}) });
  assertEquals(resolveTraining({ method: "all_layers", epochs: 4 }), {
    method: "all_layers",
    ...DEFAULT_ALL_LAYERS_OPTIONS,
    epochs: 4,
  });
  assertThrows(() => resolveTraining({ method: "all_layers", epochs: 0 }), ServiceError, "epochs");
  assertThrows(() => resolveTraining({ l2: -1 }), ServiceError, "l2");
});

Deno.test("readPlan() reads what listPlan() gave, of both methods", () => {
  const supervised = resolveTraining({ hidden: [8], learningRate: 0.1, negative: "other" });
  assertEquals(readPlan(listPlan(supervised)), supervised);
  // Jobs and cards of before there were two methods look the same.
  assert(!("method" in listPlan(supervised)));
  const all = resolveTraining({
    method: "all_layers",
    layers: [{ type: "embedding", outputDim: 4 }, { type: "gru", units: 3, resetAfter: false }],
  });
  assertEquals(readPlan(listPlan(all)), all);
  assertEquals(listPlan(all).layers, [
    { type: "embedding", output_dim: 4 },
    { type: "gru", units: 3, reset_after: false },
  ]);
  assertEquals(listPlan(all).method, "all_layers");
});
