import { assertAlmostEquals, assertEquals } from "@std/assert";
import { softmax } from "../../lib/softmax.ts";

Deno.test("softmax() agrees with the closed form for three logits", () => {
  const scores = softmax(Float32Array.of(1, 2, 3));
  const expected = [0.09003057317038046, 0.24472847105479767, 0.6652409557748219];
  expected.forEach((value, index) => assertAlmostEquals(scores[index] ?? NaN, value, 1e-7));
});

Deno.test("softmax() does not overflow on large logits", () => {
  assertEquals([...softmax(Float32Array.of(10_000, 10_000))], [0.5, 0.5]);
});

Deno.test("softmax() gives 1 for a single class", () => {
  assertEquals([...softmax(Float32Array.of(-7))], [1]);
});
