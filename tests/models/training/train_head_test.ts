import { assert, assertAlmostEquals, assertEquals, assertNotEquals } from "@std/assert";
import { assertRejects } from "@std/assert";
import { scaleLogits } from "../../../models/heads/scale_logits.ts";
import { computeLogits } from "../../../models/training/compute_logits.ts";
import { crossValidate } from "../../../models/training/cross_validate.ts";
import { ServiceError } from "../../../lib/service_error.ts";
import { fitHead } from "../../../models/training/fit_head.ts";
import { selectSamples } from "../../../models/training/labelled_features.ts";
import { scorePredictions } from "../../../models/training/score_predictions.ts";
import { trainHead } from "../../../models/training/train_head.ts";
import { drawDigits } from "./drawn_digits.ts";
import { drawNumbers } from "./matrices.ts";

Deno.test("trainHead() gives a head that has seen all samples, judged by one that has not", async () => {
  const samples = drawDigits(300);
  const trained = await trainHead(samples, { seed: 3 });
  const whole = await fitHead(samples, { seed: 3, validationSplit: 0 });
  assertEquals(trained.head, whole.head);
  assertEquals(trained.evaluation.judgedBy, "validation");
  assertEquals(trained.fitted.split.validation.length, 90);
  assert(trained.detector && trained.detector.temperature > 0);
  assertEquals(trained.detectionQuality?.measuredOn, "held_out_classes");
});

Deno.test("trainHead() trains as many epochs again as were best", async () => {
  const samples = drawDigits(120, { noise: 1 });
  const options = { optimizer: "adam", hidden: [64], learningRate: 0.01, l2: 0 } as const;
  const trained = await trainHead(samples, { ...options, patience: 3 });
  const { epoch } = trained.fitted;
  const whole = await fitHead(samples, { ...options, validationSplit: 0, epochs: epoch });
  assertEquals(trained.head, whole.head);
});

Deno.test("trainHead() trains as many epochs again as were best also where L-BFGS converged", async () => {
  const samples = drawDigits(120, { noise: 1 });
  const options = { l2: 1e-3, patience: 90 };
  const { head, fitted, evaluation } = await trainHead(samples, options);
  assertEquals(fitted.ended, "converged");
  assert(fitted.epoch < evaluation.curve.length);
  const whole = await fitHead(samples, { l2: 1e-3, validationSplit: 0, epochs: fitted.epoch });
  assertEquals(head, whole.head);
});

Deno.test("trainHead() cross-validates heads of as many epochs as the served one", async () => {
  const samples = drawDigits(60, { noise: 2 });
  const options = {
    optimizer: "adam",
    learningRate: 0.1,
    l2: 0,
    epochs: 400,
    patience: 2,
  } as const;
  const { fitted, evaluation, detector } = await trainHead(samples, options);
  assertEquals([fitted.ended, evaluation.judgedBy], ["patience", "cross_validation"]);
  const { epoch: epochs } = fitted;
  const temperature = detector?.temperature ?? NaN;
  const { loss } = await crossValidate(samples, { ...options, epochs, folds: 5, temperature });
  assertEquals(evaluation.crossValidation?.loss, loss);
  const longer = await crossValidate(samples, { ...options, folds: 5, temperature });
  assert(longer.loss > 1.2 * loss, `${longer.loss} and ${loss}`);
});

Deno.test("trainHead() measures the head at the temperature that it is served at", async () => {
  const samples = drawDigits(300, { noise: 1 });
  const { detector, evaluation, fitted: { split } } = await trainHead(samples, { seed: 3 });
  const { head } = await fitHead(samples, { seed: 3, split });
  const calibrated = scaleLogits(head, 1 / (detector?.temperature ?? NaN));
  const validation = selectSamples(samples, split.validation);
  const score = scorePredictions({ ...validation, logits: computeLogits(calibrated, validation) });
  assertEquals(evaluation.validation, score);
});

Deno.test("trainHead() means what its probabilities say also of hundreds of classes", async () => {
  const classCount = 400;
  const length = 32;
  const centres = drawNumbers(classCount * length, 1);
  const classes = Uint16Array.from({ length: 10 * classCount }, (_, row) => row % classCount);
  const noise = drawNumbers(classes.length * length, 2);
  const features = noise.map((value, place) => {
    const index = classes[Math.floor(place / length)] as number;
    return (centres[index * length + place % length] as number) + 0.7 * value;
  });
  const { evaluation, detector } = await trainHead({ features, length, classes, classCount });
  const { accuracy = NaN, calibrationError = NaN } = evaluation.validation ?? {};
  assert(accuracy > 0.7 && accuracy < 1, `${accuracy}`);
  assert(calibrationError < 0.1, `${calibrationError} at temperature ${detector?.temperature}`);
});

Deno.test("trainHead() keeps the first head when it is told to", async () => {
  const samples = drawDigits(100);
  const trained = await trainHead(samples, { refit: false });
  assertEquals(trained.head, (await fitHead(samples)).head);
  assertNotEquals(trained.head, (await trainHead(samples)).head);
});

Deno.test("trainHead() refuses a head whose outputs are not finite", async () => {
  const options = { epochs: 1, batchSize: 1_000, hidden: [8] } as const;
  for (const [optimizer, learningRate] of [["sgd", 1e30], ["adam", 1e30]] as const) {
    for (const validationSplit of [0, 0.3]) {
      const given = { ...options, optimizer, learningRate, validationSplit };
      const train = () => trainHead(drawDigits(60), given);
      const error = await assertRejects(train, ServiceError, "must stay finite");
      assertEquals([error.code, error.param], ["invalid_value", "learning_rate"]);
    }
  }
});

Deno.test("trainHead() measures detection on negatives where there are some", async () => {
  const negatives = { features: drawNumbers(50 * 64, 2), length: 64 };
  const trained = await trainHead(drawDigits(200), { negatives });
  assertEquals(trained.detectionQuality?.measuredOn, "negatives");
});

Deno.test("trainHead() does without validation samples", async () => {
  const trained = await trainHead(drawDigits(100), { validationSplit: 0 });
  assertEquals([trained.detector, trained.detectionQuality], [undefined, undefined]);
  assertAlmostEquals(trained.evaluation.training.accuracy, 1, 0.1);
});

Deno.test("trainHead() ends with the signal's reason at any stage", async () => {
  let epochs = 0;
  const controller = new AbortController();
  const train = () =>
    trainHead(drawDigits(200), {
      signal: controller.signal,
      onEpoch: () => ++epochs === 3 && controller.abort(new Error("cancelled")),
    });
  await assertRejects(train, Error, "cancelled");
  assertEquals(epochs, 3);
});
