import { assertEquals, assertMatch } from "@std/assert";
import { listWarnings } from "../../../models/training/evaluation_warnings.ts";

const GOOD = {
  classCounts: Uint32Array.of(20, 20),
  confusion: [[[0, 1, 2, 3], [4]], [[], [5, 6, 7]]],
  nearDuplicates: [],
};

Deno.test("listWarnings() has nothing to say about good samples", () => {
  assertEquals(listWarnings(GOOD), []);
});

Deno.test("listWarnings() warns of classes with fewer than 10 samples", () => {
  const warnings = listWarnings({ ...GOOD, classCounts: Uint32Array.of(10, 9) });
  assertEquals(warnings.map(({ code, details }) => [code, details]), [
    ["too_few_samples", { class: 1, samples: 9 }],
  ]);
});

Deno.test("listWarnings() warns of classes five times as large as others", () => {
  const list = (largest: number) =>
    listWarnings({ ...GOOD, classCounts: Uint32Array.of(10, largest) });
  assertEquals(list(49), []);
  assertEquals(list(50).map(({ details }) => details), [{ largest: 1, smallest: 0, ratio: 5 }]);
});

Deno.test("listWarnings() counts all near-duplicates and shows twenty", () => {
  const pair = { training: 1, validation: 2, similarity: 0.99 };
  const [warning] = listWarnings({ ...GOOD, nearDuplicates: Array(25).fill(pair) });
  assertEquals(warning?.code, "near_duplicates_across_split");
  assertEquals(warning?.details, { count: 25, pairs: Array(20).fill(pair) });
});

Deno.test("listWarnings() names the samples of one class that are taken for another", () => {
  const confusion = [[[0, 1, 2, 3], [4, 8]], [[], [5, 6, 7]]];
  const [warning, ...others] = listWarnings({ ...GOOD, confusion });
  assertEquals(others, []);
  assertEquals(warning?.code, "confused_classes");
  assertEquals(warning?.details, { actual: 0, predicted: 1, samples: [4, 8], part: 1 / 3 });
});

Deno.test("listWarnings() calls classes by their names where they have some", () => {
  const sources = { ...GOOD, classCounts: Uint32Array.of(10, 9) };
  assertMatch(
    listWarnings({ ...sources, classNames: ["a", "b"] })[0]?.message ?? "",
    /^Class "b" /,
  );
  assertMatch(listWarnings(sources)[0]?.message ?? "", /^Class 1 /);
});
