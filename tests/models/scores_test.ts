import { assertAlmostEquals, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { ServiceError } from "../../lib/service_error.ts";
import { requireFinite, toScores } from "../../models/scores.ts";

Deno.test("toScores() shares one among the classes, or judges each of them", () => {
  const logits = Float32Array.of(0, Math.log(3));
  assertEquals([...toScores(logits, "softmax")].map((score) => score.toFixed(6)), [
    "0.250000",
    "0.750000",
  ]);
  const [half, most] = toScores(logits, "sigmoid");
  assertEquals(half, 0.5);
  assertAlmostEquals(most ?? NaN, 0.75, 1e-6);
});

Deno.test("requireFinite() passes on what a client may see", () => {
  const values = Float32Array.of(-1, 3e38);
  assertStrictEquals(requireFinite(values), values);
  for (const value of [NaN, Infinity, -Infinity]) {
    const error = assertThrows(() => requireFinite(Float32Array.of(0, value)), ServiceError);
    assertEquals(error.code, "non_finite_output");
    assertEquals(error.message.endsWith(`output 1 is ${value}`), true);
  }
});
