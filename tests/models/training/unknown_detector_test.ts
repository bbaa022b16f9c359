import { assert, assertAlmostEquals, assertEquals, assertGreaterOrEqual } from "@std/assert";
import { assertThrows } from "@std/assert";
import { fitHead } from "../../../models/training/fit_head.ts";
import {
  fitUnknownDetector,
  scoreUnknown,
  scoreUnknownRows,
  type UnknownDetector,
} from "../../../models/training/unknown_detector.ts";
import { drawDigits } from "./drawn_digits.ts";
import { drawNumbers } from "./matrices.ts";

const DETECTOR: UnknownDetector = {
  temperature: 1,
  threshold: 0.5,
  mean: Float32Array.of(1, 1),
  factor: Float32Array.of(1, 2),
  directions: Float32Array.of(1, 0, 0, -1),
};

Deno.test("scoreUnknown() measures the angle to the nearest class, whatever the length", () => {
  // Standardised: (3, 0), (0, 2) and (3, -3).
  const scores = [[4, 1], [1, 2], [4, -0.5]].map((feature) =>
    scoreUnknown(DETECTOR, Float32Array.from(feature))
  );
  [0, 1, 1 - Math.SQRT1_2].forEach((expected, i) =>
    assertAlmostEquals(scores[i]?.score ?? NaN, expected, 1e-6)
  );
  assertEquals(scores.map(({ unknown }) => unknown), [false, true, false]);
});

Deno.test("scoreUnknown() is unknown above the threshold, not at it", () => {
  const detector = { ...DETECTOR, threshold: 1 };
  assertEquals(scoreUnknown(detector, Float32Array.of(1, 2)), { score: 1, unknown: false });
  // A sample at the mean is in no direction.
  assertEquals(scoreUnknown(DETECTOR, Float32Array.of(1, 1)), { score: 1, unknown: true });
});

Deno.test("scoreUnknown() throws when the feature vector has another length", () => {
  const score = () => scoreUnknown(DETECTOR, Float32Array.of(1));
  assertThrows(score, TypeError, "must be 2: current value is 1");
});

Deno.test("fitUnknownDetector() accepts the part of the validation samples that is asked for", async () => {
  const samples = drawDigits(500);
  const fitted = await fitHead(samples);
  const scores = (detector: UnknownDetector) => scoreUnknownRows(detector, samples);
  for (const acceptedPart of [0.8, 0.95, 1]) {
    const { detector } = fitUnknownDetector(fitted, samples, { acceptedPart }) ?? {};
    assert(detector);
    const all = scores(detector);
    const { validation } = fitted.split;
    const accepted = [...validation].filter((sample) => (all[sample] ?? NaN) <= detector.threshold);
    assertEquals(accepted.length, Math.ceil(acceptedPart * validation.length));
  }
});

Deno.test("fitUnknownDetector() tells noise from digits, with negatives and without", async () => {
  const samples = drawDigits(500);
  const fitted = await fitHead(samples);
  const test = drawDigits(200, { seed: 9 });
  for (const negatives of [{ features: drawNumbers(200 * 64, 3), length: 64 }, undefined]) {
    const { detector, quality } =
      fitUnknownDetector(fitted, samples, { ...(negatives && { negatives }) }) ?? {};
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
  assertEquals(fitUnknownDetector(fitted, samples), undefined);
});
