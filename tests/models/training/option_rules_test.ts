import { assert, assertEquals, assertThrows } from "@std/assert";
import { ServiceError } from "../../../lib/service_error.ts";
import { isWhole, requireRules } from "../../../models/training/option_rules.ts";

Deno.test("requireRules() names the first option that breaks its rule", () => {
  requireRules([["epochs", true, "more", 1]]);
  const error = assertThrows(
    () =>
      requireRules([["epochs", true, "", 1], ["l2", false, ">= 0", -1], ["seed", false, "", 0]]),
    ServiceError,
    "Cannot train as l2 must be >= 0: current value is -1",
  );
  assertEquals([error.code, error.param], ["invalid_value", "l2"]);
});

Deno.test("isWhole() takes whole numbers of the range with its ends", () => {
  assert(isWhole(1, 1, 3) && isWhole(3, 1, 3));
  assert(!isWhole(0, 1, 3) && !isWhole(4, 1, 3) && !isWhole(1.5, 1, 3) && !isWhole(NaN, 1, 3));
});
