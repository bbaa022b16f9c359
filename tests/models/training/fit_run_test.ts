import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { measureScaling } from "../../../models/training/feature_scaling.ts";
import { DEFAULT_FIT_OPTIONS, type FitOptions } from "../../../models/training/fit_options.ts";
import { FitRun } from "../../../models/training/fit_run.ts";
import { splitSamples } from "../../../models/training/split_samples.ts";
import { drawDigits } from "./drawn_digits.ts";

function createRun(part: Partial<FitOptions>): FitRun {
  const options = { ...DEFAULT_FIT_OPTIONS, ...part };
  const samples = drawDigits(100);
  const split = splitSamples(samples.classes, options);
  const scaling = measureScaling(samples.features, {
    length: samples.length,
    rows: split.training,
  });
  return new FitRun(samples, { options, split, scaling });
}

Deno.test("FitRun trains an epoch per value, and scores the validation samples", () => {
  for (const optimizer of ["lbfgs", "sgd", "adam"] as const) {
    const scores = [...createRun({ optimizer, epochs: 4 }).runEpochs()];
    assertEquals(scores.length, 4);
    assert(scores.every(({ validation }) => validation && validation.loss > 0));
    assert((scores[3]?.training.loss ?? NaN) < (scores[0]?.training.loss ?? NaN));
  }
});

Deno.test("FitRun scores no validation samples where none are kept", () => {
  const [score] = createRun({ validationSplit: 0 }).runEpochs();
  assertEquals(Object.keys(score ?? {}), ["training"]);
});

Deno.test("FitRun.restore() goes back to the parameters that were kept", () => {
  const run = createRun({ optimizer: "sgd", patience: 1 });
  const epochs = run.runEpochs();
  epochs.next();
  run.keep();
  const kept = run.network.toHead();
  epochs.next();
  assertNotEquals(run.network.toHead(), kept);
  run.restore();
  assertEquals(run.network.toHead(), kept);
});
