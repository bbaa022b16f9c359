import { assert, assertAlmostEquals, assertEquals, assertGreaterOrEqual } from "@std/assert";
import { evaluateHead } from "../../../models/training/evaluate_head.ts";
import { fitHead } from "../../../models/training/fit_head.ts";
import { drawDigits } from "./drawn_digits.ts";

Deno.test("evaluateHead() judges by the validation samples, and names them among all", async () => {
  const samples = drawDigits(400);
  const fitted = await fitHead(samples);
  const evaluation = await evaluateHead(fitted, samples, { fitOptions: {} });
  assertEquals(evaluation.judgedBy, "validation");
  assertEquals(evaluation.crossValidation, undefined);
  const last = fitted.curve.at(-1);
  assertEquals(evaluation.validation?.accuracy, last?.validation?.accuracy);
  assertEquals(evaluation.training.accuracy, last?.training.accuracy);
  const named = evaluation.report.confusion.flat(2).sort((a, b) => a - b);
  assertEquals(named, [...fitted.split.validation]);
  for (const { sample, actual } of evaluation.report.mostWrong) {
    assertEquals(samples.classes[sample], actual);
  }
  assertEquals(evaluation.curve, fitted.curve);
});

Deno.test("evaluateHead() cross-validates where a class has fewer than 10 samples", async () => {
  const samples = drawDigits(90);
  const fitted = await fitHead(samples);
  const evaluation = await evaluateHead(fitted, samples, { fitOptions: {} });
  assertEquals(evaluation.judgedBy, "cross_validation");
  assertEquals(evaluation.crossValidation?.folds, 5);
  assertEquals(evaluation.report.samples, 90);
  assertEquals(evaluation.warnings.filter(({ code }) => code === "too_few_samples").length, 10);
});

Deno.test("evaluateHead() judges by the training samples where there is nothing else", async () => {
  const samples = drawDigits(400);
  const fitted = await fitHead(samples, { validationSplit: 0 });
  const evaluation = await evaluateHead(fitted, samples, { fitOptions: { validationSplit: 0 } });
  assertEquals(evaluation.judgedBy, "training");
  assertEquals(evaluation.validation, undefined);
  assertGreaterOrEqual(evaluation.report.accuracy, 0.95);
});

Deno.test("evaluateHead() measures what is served: logits divided by the temperature", async () => {
  for (const [count, judge] of [[400, "validation"], [90, "crossValidation"]] as const) {
    const samples = drawDigits(count, { noise: 1 });
    const fitted = await fitHead(samples);
    const evaluate = (temperature: number) =>
      evaluateHead(fitted, samples, { fitOptions: {}, temperature });
    const [plain, flat] = [await evaluate(1), await evaluate(1e6)];
    assertEquals(flat[judge]?.accuracy, plain[judge]?.accuracy);
    // Hot enough, all ten classes are as likely.
    assertAlmostEquals(flat[judge]?.loss ?? NaN, Math.log(10), 1e-3);
    assert(Math.abs((plain[judge]?.loss ?? NaN) - Math.log(10)) > 0.1);
  }
});

Deno.test("evaluateHead() warns where validation samples are copies of training samples", async () => {
  const samples = drawDigits(400);
  const fitted = await fitHead(samples);
  const [from = NaN] = fitted.split.training;
  const [to = NaN] = fitted.split.validation;
  samples.features.copyWithin(64 * to, 64 * from, 64 * from + 64);
  const { warnings } = await evaluateHead(fitted, samples, { fitOptions: {} });
  const warning = warnings.find(({ code }) => code === "near_duplicates_across_split");
  assert(warning?.code === "near_duplicates_across_split");
  assert(warning.details.pairs.some(({ validation }) => validation === to));
});
