import { assert, assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import { measureDetection } from "../../../lib/detection_quality.ts";
import { fitHead } from "../../../models/training/fit_head.ts";
import {
  type LabelledFeatures,
  selectSamples,
} from "../../../models/training/labelled_features.ts";
import { measureUnknownDetection } from "../../../models/training/measure_unknown_detection.ts";
import {
  findClassDirections,
  scoreUnknownRows,
} from "../../../models/training/unknown_detector.ts";
import { drawDigits } from "./drawn_digits.ts";

const SPLIT = { validationSplit: 0.3, seed: 0 };

Deno.test("measureUnknownDetection() is better than chance on digits that were held out", async () => {
  const quality = await measureUnknownDetection(drawDigits(400), SPLIT);
  assert(quality && quality.auroc > 0.6 && quality.auroc < 1);
  assert(quality.falsePositiveRate < 0.95);
});

Deno.test("measureUnknownDetection() scores by the directions of those that train a head on the other classes", async () => {
  const samples = drawDigits(200);
  const qualities = [0, 1, 2, 3, 4].map(async (group) => {
    const [known, unknown] = [false, true].map((isHeldOut) => {
      const rows = [...samples.classes].flatMap((index, row) =>
        (index % 5 === group) === isHeldOut ? [row] : []
      );
      const chosen = selectSamples(samples, Uint32Array.from(rows));
      // Of ten digits 0 and 5, 1 and 6, ... are held out together: eight remain.
      const names = [...new Set(chosen.classes)].sort((a, b) => a - b);
      const classes = Int32Array.from(chosen.classes, (index) => names.indexOf(index));
      return { ...chosen, classes, classCount: names.length };
    }) as [LabelledFeatures, LabelledFeatures];
    const fitted = await fitHead(known, SPLIT);
    const directions = findClassDirections(known, fitted.split.training);
    const detector = { threshold: Infinity, ...directions };
    const validation = selectSamples(known, fitted.split.validation);
    return measureDetection(
      scoreUnknownRows(detector, validation),
      scoreUnknownRows(detector, unknown),
    );
  });
  const all = await Promise.all(qualities);
  const auroc = all.reduce((sum, quality) => sum + quality.auroc, 0) / all.length;
  assertAlmostEquals((await measureUnknownDetection(samples, SPLIT))?.auroc ?? NaN, auroc, 1e-12);
});

Deno.test("measureUnknownDetection() fits no head", async () => {
  // A fit with this learning rate diverges.
  const options = { ...SPLIT, optimizer: "sgd" as const, learningRate: 1e30, epochs: 10_000 };
  const samples = drawDigits(100);
  assertEquals(
    await measureUnknownDetection(samples, options),
    await measureUnknownDetection(samples, SPLIT),
  );
});

Deno.test("measureUnknownDetection() needs three classes and validation samples", async () => {
  const two = drawDigits(400);
  const rows = [...two.classes].flatMap((index, sample) => index < 2 ? [sample] : []);
  const features = Float32Array.from(
    rows.flatMap((sample) => [...two.features.subarray(64 * sample, 64 * sample + 64)]),
  );
  const classes = Uint16Array.from(rows, (sample) => two.classes[sample] ?? NaN);
  const samples = { features, length: 64, classes, classCount: 2 };
  assertEquals(await measureUnknownDetection(samples, SPLIT), undefined);
  const options = { ...SPLIT, validationSplit: 0 };
  assertEquals(await measureUnknownDetection(drawDigits(50), options), undefined);
});

Deno.test("measureUnknownDetection() ends with the signal", async () => {
  const signal = AbortSignal.abort(new Error("cancelled"));
  await assertRejects(
    () => measureUnknownDetection(drawDigits(50), { ...SPLIT, signal }),
    Error,
    "cancelled",
  );
});
