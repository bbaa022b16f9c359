import { assert, assertEquals, assertRejects } from "@std/assert";
import { measureUnknownDetection } from "../../../models/training/measure_unknown_detection.ts";
import { drawDigits } from "./drawn_digits.ts";

Deno.test("measureUnknownDetection() is better than chance on digits that were held out", async () => {
  const quality = await measureUnknownDetection(drawDigits(400), {});
  assert(quality && quality.auroc > 0.6 && quality.auroc < 1);
  assert(quality.falsePositiveRate < 0.95);
});

Deno.test("measureUnknownDetection() needs three classes and validation samples", async () => {
  const two = drawDigits(400);
  const rows = [...two.classes].flatMap((index, sample) => index < 2 ? [sample] : []);
  const features = Float32Array.from(
    rows.flatMap((sample) => [...two.features.subarray(64 * sample, 64 * sample + 64)]),
  );
  const classes = Uint16Array.from(rows, (sample) => two.classes[sample] ?? NaN);
  const samples = { features, length: 64, classes, classCount: 2 };
  assertEquals(await measureUnknownDetection(samples, {}), undefined);
  const options = { validationSplit: 0 };
  assertEquals(await measureUnknownDetection(drawDigits(50), options), undefined);
});

Deno.test("measureUnknownDetection() ends with the signal", async () => {
  const signal = AbortSignal.abort(new Error("cancelled"));
  await assertRejects(
    () => measureUnknownDetection(drawDigits(50), { signal }),
    Error,
    "cancelled",
  );
});
