import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { listAugmentedViews, PLAIN_VIEW } from "../../../models/training/sample_views.ts";

const [SAMPLE, OTHER] = ["0123abcd".repeat(8), "ffffffff".repeat(8)];

Deno.test("listAugmentedViews() gives none for 0, and unlike names for the others", () => {
  assertEquals(listAugmentedViews(0), []);
  const names = listAugmentedViews(5).map(({ name }) => name);
  assertEquals(new Set([PLAIN_VIEW.name, ...names]).size, 6);
});

Deno.test("listAugmentedViews() keeps a view the same however many are asked for", () => {
  const [few, many] = [listAugmentedViews(3), listAugmentedViews(16)];
  few.forEach((view, index) => {
    assertEquals(view.name, many[index]?.name);
    assertEquals(view.describe(SAMPLE), many[index]?.describe(SAMPLE));
  });
});

Deno.test("listAugmentedViews() crops each sample at another place, always within the picture", () => {
  for (const { describe } of listAugmentedViews(16).slice(1)) {
    assertNotEquals(describe(SAMPLE), describe(OTHER));
    for (const sample of [SAMPLE, OTHER]) {
      const { part = 0, x = -1, y = -1 } = describe(sample) ?? {};
      assert(part >= 0.6 && part <= 1 && x >= 0 && x <= 1 && y >= 0 && y <= 1);
    }
  }
});

Deno.test("listAugmentedViews() mirrors the first view and every other crop", () => {
  const mirrored = listAugmentedViews(5).map(({ describe }) => describe(SAMPLE)?.mirrored);
  assertEquals(mirrored, [true, false, true, false, true]);
  assertEquals(PLAIN_VIEW.describe(SAMPLE), undefined);
});
