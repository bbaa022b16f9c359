import { assertAlmostEquals, assertEquals } from "@std/assert";
import {
  predict,
  reportPredictions,
  scorePredictions,
} from "../../../models/training/score_predictions.ts";
import { readTrainingGolden } from "./training_golden.ts";

const golden = readTrainingGolden().evaluation;
const labelled = {
  logits: Float32Array.from(golden.logits),
  classes: golden.classes,
  classCount: 4,
};

Deno.test("reportPredictions() agrees with scikit-learn", () => {
  const report = reportPredictions(labelled);
  assertEquals(report.samples, 40);
  assertAlmostEquals(report.accuracy, golden.accuracy, 1e-12);
  assertAlmostEquals(report.loss, golden.loss, 1e-6);
  assertAlmostEquals(report.calibrationError, golden.calibrationError, 1e-6);
  const counts = report.confusion.map((row) => row.map((cell) => cell.length));
  assertEquals(counts, golden.confusion);
  report.classes.forEach(({ precision, recall, f1, support }, index) => {
    assertAlmostEquals(precision, golden.precision[index] ?? NaN, 1e-12);
    assertAlmostEquals(recall, golden.recall[index] ?? NaN, 1e-12);
    assertAlmostEquals(f1, golden.f1[index] ?? NaN, 1e-12);
    assertEquals(support, golden.support[index]);
  });
});

Deno.test("reportPredictions() lists the most confident mistakes first, and no hits", () => {
  const { mostWrong } = reportPredictions(labelled);
  assertEquals(mostWrong.length, 19);
  mostWrong.forEach(({ sample, actual, predicted, confidence }, index) => {
    assertEquals(actual, golden.classes[sample]);
    assertEquals(actual === predicted, false);
    assertEquals(confidence <= (mostWrong[index - 1]?.confidence ?? 1), true);
  });
});

Deno.test("predict() gives the first of equal logits, and loss without overflow", () => {
  const logits = Float32Array.of(5000, 5000, -5000);
  const [prediction] = predict({ logits, classes: [2], classCount: 3 });
  assertEquals([prediction?.predicted, prediction?.confidence], [0, 0.5]);
  assertAlmostEquals(prediction?.loss ?? NaN, 10_000 + Math.log(2), 1e-9);
});

Deno.test("scorePredictions() gives zeros for no samples", () => {
  const score = scorePredictions({ logits: new Float32Array(), classes: [], classCount: 4 });
  assertEquals(score, { samples: 0, accuracy: 0, loss: 0, calibrationError: 0 });
});

Deno.test("scorePredictions() weights the loss by classes, and nothing else", () => {
  const labelled = { logits: Float32Array.of(0, 0, 2, 0), classes: [0, 1], classCount: 2 };
  const plain = scorePredictions(labelled);
  const weighted = scorePredictions(labelled, [1, 3]);
  assertAlmostEquals(
    weighted.loss,
    (Math.log(2) + 3 * (2 + Math.log(1 + Math.exp(-2)))) / 4,
    1e-12,
  );
  assertEquals({ ...weighted, loss: plain.loss }, plain);
});
