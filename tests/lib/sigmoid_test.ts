import { assertAlmostEquals, assertEquals } from "@std/assert";
import { sigmoid } from "../../lib/sigmoid.ts";

Deno.test("sigmoid() agrees with the closed form", () => {
  assertEquals(sigmoid(0), 0.5);
  assertAlmostEquals(sigmoid(2), 0.8807970779778823, 1e-15);
  assertAlmostEquals(sigmoid(-2), 1 - 0.8807970779778823, 1e-15);
});

Deno.test("sigmoid() stays within [0, 1] at the ends", () => {
  assertEquals([sigmoid(-1e4), sigmoid(1e4)], [0, 1]);
});
