import { assert, assertEquals, assertGreaterOrEqual } from "@std/assert";
import { fitHead } from "../../../models/training/fit_head.ts";
import {
  fitUnknownDetector,
  scoreUnknownRows,
  type UnknownDetector,
} from "../../../models/training/unknown_detector.ts";
import { drawDigits } from "./drawn_digits.ts";
import { drawNumbers } from "./matrices.ts";

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
