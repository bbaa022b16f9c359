import { assertEquals, assertThrows } from "@std/assert";
import { topK } from "../../lib/top_k.ts";

Deno.test("topK() gives the best scores first and ties in the order of their index", () => {
  const best = topK([0.2, 0.5, 0.1, 0.5], { k: 3 });
  assertEquals(best, [{ index: 1, score: 0.5 }, { index: 3, score: 0.5 }, {
    index: 0,
    score: 0.2,
  }]);
});

Deno.test("topK() agrees with a full sort on many scores", () => {
  const scores = Array.from(
    { length: 500 },
    (_, index) => Math.sin(index * 12.9898) * 43758.5453 % 1,
  );
  const sorted = scores.map((score, index) => ({ index, score }))
    .sort((a, b) => b.score - a.score || a.index - b.index);
  for (const k of [1, 7, 499, 500]) assertEquals(topK(scores, { k }), sorted.slice(0, k));
});

Deno.test("topK() gives all scores when k exceeds the class count", () => {
  assertEquals(topK([0.4, 0.6], { k: 10 }).map(({ index }) => index), [1, 0]);
});

Deno.test("topK() leaves out scores below the threshold", () => {
  assertEquals(topK([0.4, 0.6], { k: 2, threshold: 0.5 }), [{ index: 1, score: 0.6 }]);
});

Deno.test("topK() throws when k is not a whole number >= 1", () => {
  for (const k of [0, -1, 1.5, NaN]) {
    assertThrows(() => topK([1], { k }), RangeError, `current value is ${k}`);
  }
});
