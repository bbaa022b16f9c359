import { assertEquals } from "@std/assert";
import {
  describeEvaluation,
  describeRunScore,
  describeWarnings,
} from "../../../models/training/describe_evaluation.ts";
import { NAMES, TRAINED } from "./trained_fixture.ts";

Deno.test("describeEvaluation() names classes and samples, by the names that clients see", () => {
  const described = describeEvaluation(TRAINED, NAMES);
  assertEquals(described.confusion, {
    classes: ["cat", "dog"],
    cells: [[["sample-a"], ["sample-c"]], [[], ["sample-b"]]],
  });
  assertEquals(described.most_wrong, [
    { sample: "sample-c", class: "cat", predicted: "dog", confidence: 0.9 },
  ]);
  assertEquals(described.training, {
    samples: 3,
    accuracy: 2 / 3,
    log_loss: 0.5,
    calibration_error: 0.1,
  });
  assertEquals([described.judged_by, described.epoch, described.ended], [
    "validation",
    4,
    "converged",
  ]);
  assertEquals("cross_validation" in described, false);
  assertEquals(described.curve, [{
    epoch: 1,
    train_loss: 1,
    train_accuracy: 0.5,
    valid_loss: 2,
    valid_accuracy: 0.25,
  }]);
});

Deno.test("describeEvaluation() tells of cross-validation where there was one", () => {
  const { evaluation } = TRAINED;
  const crossValidation = { ...evaluation.training, folds: 5 };
  const { cross_validation } = describeEvaluation({
    ...TRAINED,
    evaluation: { ...evaluation, crossValidation },
  }, NAMES);
  assertEquals((cross_validation as { folds: number }).folds, 5);
});

Deno.test("describeRunScore() leaves validation out where there is none", () => {
  assertEquals(describeRunScore({ training: { loss: 1, accuracy: 0.5 } }), {
    train_loss: 1,
    train_accuracy: 0.5,
  });
});

Deno.test("describeWarnings() names classes and samples in the details", () => {
  const details = describeWarnings(TRAINED.evaluation.warnings, NAMES)
    .map(({ details }) => details);
  assertEquals(details, [
    { class: "dog", samples: 1 },
    { largest: "cat", smallest: "dog", ratio: 5 },
    { count: 1, pairs: [{ training: "sample-a", validation: "sample-c", similarity: 0.99 }] },
    { actual: "cat", predicted: "dog", samples: ["sample-c"], part: 0.5 },
  ]);
});
