import { assert, assertAlmostEquals, assertEquals, assertNotEquals } from "@std/assert";
import { createRandom, nextFraction, nextRandom, seedRandom, shuffle } from "../../lib/random.ts";

Deno.test("nextRandom() gives the numbers of the authors' C code", () => {
  // xoshiro128starstar.c from the state 1, 2, 3, 4, compiled with gcc.
  const expected = [11520, 0, 5927040, 70819200, 2031721883, 1637235492, 1287239034, 3734860849];
  const state = Uint32Array.of(1, 2, 3, 4);
  assertEquals(expected.map(() => nextRandom(state)), expected);
});

Deno.test("seedRandom() gives the numbers of splitmix32 and takes the bounds of a seed", () => {
  assertEquals([...seedRandom(42)], [551831576, 144025891, 322543647, 3034809370]);
  const states = [0, 1, 2 ** 32 - 1].map((seed) => seedRandom(seed).join());
  assertEquals(new Set(states).size, 3);
  // All zeros would give zeros for ever.
  for (const state of states) assertNotEquals(state, "0,0,0,0");
});

Deno.test("nextFraction() is uniform in [0, 1)", () => {
  const state = seedRandom(7);
  const counts = new Uint32Array(10);
  for (let i = 0; i < 100_000; i++) {
    const fraction = nextFraction(state);
    assert(fraction >= 0 && fraction < 1);
    const bin = Math.floor(fraction * 10);
    counts[bin] = (counts[bin] ?? 0) + 1;
  }
  // Chi-squared with 9 degrees of freedom is below 27.9 with probability 0.999.
  const chiSquared = counts.reduce((sum, count) => sum + (count - 10_000) ** 2 / 10_000, 0);
  assert(chiSquared < 27.9, `${chiSquared}`);
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
