import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { assertGreaterOrEqual, assertRejects } from "@std/assert";
import { fitHead } from "../../../models/training/fit_head.ts";
import {
  type LabelledFeatures,
  selectSamples,
} from "../../../models/training/labelled_features.ts";
import { fitUnknownDetector, scoreUnknownRows } from "../../../models/training/unknown_detector.ts";
import { drawDigits } from "./drawn_digits.ts";
import { drawNumbers } from "./matrices.ts";

Deno.test("fitUnknownDetector() accepts the part of known inputs that is asked for", async () => {
  const samples = drawDigits(500);
  const fitted = await fitHead(samples);
  const test = drawDigits(1000, { seed: 9 });
  for (const acceptedPart of [0.8, 0.95]) {
    const { detector } = await fitUnknownDetector(fitted, samples, { acceptedPart }) ?? {};
    assert(detector);
    const passed = scoreUnknownRows(detector, test).filter((score) => score <= detector.threshold);
    // Four standard errors of a part of 500 and 1,000.
    assertAlmostEquals(passed.length / 1000, acceptedPart, acceptedPart === 0.8 ? 0.09 : 0.05);
  }
});

Deno.test("fitUnknownDetector() accepts known inputs also where samples are few", async () => {
  const selectClasses = (samples: LabelledFeatures, most: number) => {
    const rows = [...samples.classes.keys()].filter((row) => (samples.classes[row] ?? NaN) < 3);
    return { ...selectSamples(samples, Uint32Array.from(rows.slice(0, most))), classCount: 3 };
  };
  const test = selectClasses(drawDigits(200, { seed: 99 }), 60);
  let passed = 0;
  for (let seed = 0; seed < 20; seed++) {
    // Four of each class.
    const samples = selectClasses(drawDigits(40, { seed }), 12);
    const { detector } = await fitUnknownDetector(await fitHead(samples), samples, { seed }) ?? {};
    assert(detector);
    passed += scoreUnknownRows(detector, test).filter((score) =>
      score <= detector.threshold
    ).length;
  }
  // Of 12 scores the highest is the limit, and 12 of 13 lie below.
  assertGreaterOrEqual(passed / (20 * 60), 0.87);
});

Deno.test("fitUnknownDetector() holds out no class that has one sample", async () => {
  const features = Float32Array.of(1, 0, 0, 1, 0.1, 1, 0.2, 1);
  const samples = { features, length: 2, classes: Uint16Array.of(0, 1, 1, 1), classCount: 2 };
  const { detector } = await fitUnknownDetector(await fitHead(samples), samples) ?? {};
  assert(detector && detector.threshold >= 0 && detector.threshold <= 2);
});

Deno.test("fitUnknownDetector() ends with the signal", async () => {
  const samples = drawDigits(50);
  const fitted = await fitHead(samples);
  const signal = AbortSignal.abort(new Error("cancelled"));
  await assertRejects(() => fitUnknownDetector(fitted, samples, { signal }), Error, "cancelled");
});

Deno.test("fitUnknownDetector() tells noise from digits, with negatives and without", async () => {
  const samples = drawDigits(500);
  const fitted = await fitHead(samples);
  const test = drawDigits(200, { seed: 9 });
  for (const negatives of [{ features: drawNumbers(200 * 64, 3), length: 64 }, undefined]) {
    const { detector, quality } =
      await fitUnknownDetector(fitted, samples, { ...(negatives && { negatives }) }) ?? {};
    assert(detector);
    if (negatives) assertGreaterOrEqual(quality?.auroc ?? NaN, 0.85);
    const noise = { features: drawNumbers(200 * 64, 4), length: 64 };
    const [known = [], unknown = []] = [test, noise].map((rows) =>
      scoreUnknownRows(detector, rows).filter((score) => score <= detector.threshold)
    );
    assertGreaterOrEqual((known.length - unknown.length) / 200, negatives ? 0.5 : 0.25);
    if (!negatives) assertGreaterOrEqual(known.length / 200, 0.9);
  }
});

Deno.test("fitUnknownDetector() gives nothing without validation samples", async () => {
  const samples = drawDigits(50);
  const fitted = await fitHead(samples, { validationSplit: 0 });
  assertEquals(await fitUnknownDetector(fitted, samples), undefined);
});
