import { assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { scaleLogits } from "../../../models/heads/scale_logits.ts";
import { makeHead } from "./head_fixtures.ts";

Deno.test("scaleLogits() multiplies the last layer alone", () => {
  const head = makeHead();
  const before = structuredClone(head);
  const scaled = scaleLogits(head, 0.25);
  assertStrictEquals(scaled.layers[0], head.layers[0]);
  assertEquals(scaled.layers[1]?.weights, head.layers[1]?.weights.map((weight) => weight / 4));
  assertEquals(scaled.layers[1]?.bias, head.layers[1]?.bias.map((bias) => bias / 4));
  assertEquals(head, before);
});

Deno.test("scaleLogits() refuses a factor that leaves no order among the classes", () => {
  for (const factor of [0, -1, NaN, Infinity]) {
    assertThrows(() => scaleLogits(makeHead(), factor), RangeError, `current value is ${factor}`);
  }
});
