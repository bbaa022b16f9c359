import { assertEquals, assertThrows } from "@std/assert";
import { ServiceError } from "../../../lib/service_error.ts";
import { DEFAULT_FIT_OPTIONS } from "../../../models/training/fit_options.ts";
import { resolveTrainingOptions } from "../../../models/training/training_options.ts";

Deno.test("resolveTrainingOptions() fills in the defaults", () => {
  assertEquals(resolveTrainingOptions({}), { ...DEFAULT_FIT_OPTIONS, augment: 0, publish: true });
  assertEquals(resolveTrainingOptions({ augment: 16, negative: "none" }).augment, 16);
});

Deno.test("resolveTrainingOptions() names the option out of range as the wire does", () => {
  for (const augment of [-1, 17, 1.5]) {
    const error = assertThrows(() => resolveTrainingOptions({ augment }), ServiceError);
    assertEquals([error.code, error.param], ["invalid_value", "augment"]);
  }
  const error = assertThrows(() => resolveTrainingOptions({ batchSize: 0 }), ServiceError);
  assertEquals(error.param, "batch_size");
});
