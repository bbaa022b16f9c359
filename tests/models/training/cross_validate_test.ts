import { assertEquals, assertGreaterOrEqual, assertRejects } from "@std/assert";
import { crossValidate } from "../../../models/training/cross_validate.ts";
import { drawDigits } from "./drawn_digits.ts";
import { drawNumbers } from "./matrices.ts";

Deno.test("crossValidate() predicts each sample once, and well", async () => {
  const samples = drawDigits(200);
  const report = await crossValidate(samples, { folds: 4 });
  assertEquals(report.samples, 200);
  const seen = report.confusion.flat(2).sort((a, b) => a - b);
  assertEquals(seen, Array.from({ length: 200 }, (_, sample) => sample));
  assertGreaterOrEqual(report.accuracy, 0.7);
});

Deno.test("crossValidate() does not let a head see the samples that it predicts", async () => {
  // Classes that follow from nothing: a head that remembered them would be right.
  const samples = {
    features: drawNumbers(60 * 100, 1),
    length: 100,
    classes: Uint16Array.from({ length: 60 }, (_, sample) => sample % 2),
    classCount: 2,
  };
  const { accuracy } = await crossValidate(samples, { folds: 5, l2: 1e-4 });
  assertEquals(accuracy < 0.7, true);
});

Deno.test("crossValidate() throws when a class has only one sample, or there is one fold", async () => {
  const samples = drawDigits(11);
  await assertRejects(() => crossValidate(samples, { folds: 2 }), RangeError, "at least 2");
  await assertRejects(() => crossValidate(samples, { folds: 1 }), RangeError, "current value is 1");
});
