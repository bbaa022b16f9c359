import { assert, assertAlmostEquals, assertEquals, assertNotEquals } from "@std/assert";
import { createRandom, shuffle } from "../../lib/seeded_random.ts";

Deno.test("createRandom() gives mulberry32's published sequence", () => {
  // The first numbers for seed 0, from the author's C code.
  const random = createRandom(0);
  const words = Array.from({ length: 3 }, () => Math.round(random() * 2 ** 32));
  assertEquals(words, [1144304738, 1416247, 958946056]);
});

Deno.test("createRandom() spreads its numbers evenly over [0, 1)", () => {
  const random = createRandom(3);
  const values = Array.from({ length: 20_000 }, random);
  assert(values.every((value) => value >= 0 && value < 1));
  // Four standard errors of the mean of a uniform distribution.
  assertAlmostEquals(values.reduce((a, b) => a + b) / values.length, 0.5, 0.008);
});

Deno.test("createRandom() gives other numbers for another seed", () => {
  assertNotEquals(createRandom(1)(), createRandom(2)());
});

Deno.test("shuffle() keeps all values and gives each order as often", () => {
  const random = createRandom(5);
  const counts = new Map<string, number>();
  for (let i = 0; i < 6000; i++) {
    const values = [1, 2, 3];
    shuffle(values, random);
    counts.set(values.join(), (counts.get(values.join()) ?? 0) + 1);
  }
  assertEquals(counts.size, 6);
  for (const count of counts.values()) assertAlmostEquals(count, 1000, 150);
});

Deno.test("shuffle() leaves an empty list alone", () => {
  const values: number[] = [];
  shuffle(values, createRandom(0));
  assertEquals(values, []);
});
