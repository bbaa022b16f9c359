import { assert, assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import { assertGreaterOrEqual, assertNotEquals } from "@std/assert";
import * as tf from "@tensorflow/tfjs-core";
import { ServiceError } from "../../../lib/service_error.ts";
import { findHeadFault } from "../../../models/heads/head_faults.ts";
import { fitHead, type FittedHead } from "../../../models/training/fit_head.ts";
import type { LabelledFeatures } from "../../../models/training/labelled_features.ts";
import { startTestBackend } from "../formats/test_backend.ts";
import { drawDigits } from "./drawn_digits.ts";
import { readTrainingGolden } from "./training_golden.ts";

for (const hidden of [[], [32]]) {
  for (const optimizer of ["lbfgs", "sgd", "adam"] as const) {
    Deno.test(`fitHead() learns drawn digits: hidden [${hidden}], ${optimizer}`, async () => {
      const { curve, split } = await fitHead(drawDigits(2000), {
        hidden,
        optimizer,
        epochs: optimizer === "lbfgs" ? 100 : 20,
        batchSize: 5,
        l2: 1e-3,
      });
      assertEquals([split.training.length, split.validation.length], [1400, 600]);
      const losses = curve.map(({ training }) => training.loss);
      const third = Math.floor(losses.length / 3);
      assert(losses.length >= 10);
      assert((losses[third] ?? NaN) < (losses[0] ?? NaN));
      assert((losses.at(-1) ?? NaN) < (losses[third] ?? NaN));
      assertGreaterOrEqual(curve.at(-1)?.validation?.accuracy ?? 0, 0.95);
      assertGreaterOrEqual(curve.at(-1)?.training.accuracy ?? 0, 0.95);
    });
  }
}

const golden = readTrainingGolden();
const goldenSamples: LabelledFeatures = {
  features: Float32Array.from(golden.features),
  length: 4,
  classes: Uint16Array.from(golden.classes),
  classCount: 3,
};

for (const classWeight of ["none", "balanced"] as const) {
  Deno.test(`fitHead() reaches scikit-learn's optimum: class weight ${classWeight}`, async () => {
    const { l2 } = golden;
    const expected = golden.fits[classWeight];
    const { head, curve, ended } = await fitHead(goldenSamples, {
      l2,
      classWeight,
      validationSplit: 0,
    });
    assertEquals(ended, "converged");
    assertAlmostEquals(curve.at(-1)?.training.loss ?? NaN, expected.loss, 1e-4);
    const [layer] = head.layers;
    // A softmax is the same when a number is added to all logits, so means are taken off.
    expected.weights.forEach((value, index) => {
      const tolerance = 0.005 * Math.max(1, Math.abs(value));
      assertAlmostEquals(layer?.weights[index] ?? NaN, value, tolerance);
    });
    const center = (bias: ArrayLike<number>, index: number) =>
      (bias[index] ?? NaN) - (Array.from(bias).reduce((a, b) => a + b) / 3);
    for (let index = 0; index < 3; index++) {
      assertAlmostEquals(center(layer?.bias ?? [], index), center(expected.bias, index), 0.3);
    }
  });
}

function listBytes({ head }: FittedHead): Uint8Array[] {
  return head.layers.flatMap(({ weights, bias }) => [
    new Uint8Array(weights.buffer),
    new Uint8Array(bias.buffer),
  ]);
}

Deno.test("fitHead() gives the same bytes for the same seed, and others for another", async () => {
  const options = { hidden: [8], optimizer: "adam", dropout: 0.2, epochs: 3 } as const;
  const samples = drawDigits(100);
  const [first, again, other] = [
    await fitHead(samples, { ...options, seed: 1 }),
    await fitHead(samples, { ...options, seed: 1 }),
    await fitHead(samples, { ...options, seed: 2 }),
  ];
  assertEquals(listBytes(first), listBytes(again));
  assertNotEquals(listBytes(first), listBytes(other));
});

Deno.test("fitHead() gives the bytes that every other machine gives", async () => {
  const { head } = await fitHead(drawDigits(100), { epochs: 5, l2: 0.01 });
  const bytes = new Uint8Array(head.layers[0]?.weights.buffer ?? new ArrayBuffer());
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
  assertEquals(hash, "9ef6cd1927315a31577638a564c32abf8459c00fd9a33b0695b909240a6d3a99");
});

Deno.test("fitHead() takes the epoch with the lowest validation loss when it is patient", async () => {
  const { curve, epoch, ended, head } = await fitHead(drawDigits(120, { noise: 1 }), {
    hidden: [64],
    optimizer: "adam",
    learningRate: 0.01,
    l2: 0,
    patience: 3,
  });
  assertEquals(ended, "patience");
  assertEquals(curve.length, epoch + 3);
  const losses = curve.map(({ validation }) => validation?.loss ?? NaN);
  assertEquals(losses.indexOf(Math.min(...losses)), epoch - 1);
  const { head: direct } = await fitHead(drawDigits(120, { noise: 1 }), {
    hidden: [64],
    optimizer: "adam",
    learningRate: 0.01,
    l2: 0,
    epochs: epoch,
  });
  assertEquals(head, direct);
});

Deno.test("fitHead() reports each epoch and gives the head as it stands", async () => {
  const seen: number[] = [];
  const heads: unknown[] = [];
  const { head, curve } = await fitHead(drawDigits(60), {
    optimizer: "sgd",
    epochs: 4,
    onEpoch: ({ epoch, epochs, takeHead }) => {
      seen.push(epoch / epochs);
      heads.push(takeHead());
    },
  });
  assertEquals(seen, [0.25, 0.5, 0.75, 1]);
  assertEquals(curve.map(({ epoch }) => epoch), [1, 2, 3, 4]);
  assertEquals(heads[3], head);
  assertNotEquals(heads[2], head);
});

Deno.test("fitHead() ends with the signal's reason, and lets the thread notice it", async () => {
  const controller = new AbortController();
  // Only a thread that is given its turn runs this.
  setTimeout(() => controller.abort(new Error("cancelled")), 20);
  let epochs = 0;
  await assertRejects(
    () =>
      fitHead(drawDigits(500), {
        optimizer: "sgd",
        epochs: 10_000,
        signal: controller.signal,
        onEpoch: () => epochs++,
      }),
    Error,
    "cancelled",
  );
  assert(epochs < 10_000);
});

Deno.test("fitHead() makes no tensor", async () => {
  await startTestBackend();
  const before = tf.memory().numTensors;
  await fitHead(drawDigits(60), { hidden: [8] });
  assertEquals(tf.memory().numTensors, before);
});

Deno.test("fitHead() gives equal logits where no feature tells anything", async () => {
  const { head } = await fitHead({
    features: new Float32Array(8).fill(3),
    length: 2,
    classes: Uint16Array.of(0, 0, 1, 1),
    classCount: 2,
  });
  assertEquals([...head.layers[0]?.weights ?? []], [0, 0, 0, 0]);
});

Deno.test("fitHead() trains on one sample per class", async () => {
  const { head, split } = await fitHead({
    features: Float32Array.of(1, 0, 0, 1),
    length: 2,
    classes: Uint16Array.of(0, 1),
    classCount: 2,
  });
  assertEquals(split.validation.length, 0);
  const weights = head.layers[0]?.weights ?? [];
  assert((weights[0] ?? NaN) > (weights[1] ?? NaN));
});

Deno.test("fitHead() refuses what a client can get wrong", async () => {
  const samples = drawDigits(20);
  const refusals = [
    [samples, { optimizer: "sgd", learningRate: 1e30 }, "the loss must stay finite"],
    [samples, { epochs: 0 }, "epochs must be a whole number"],
    [{ ...samples, classCount: 11 }, {}, "class 10 has none"],
    [{ ...samples, features: new Float32Array(20 * 64).fill(NaN) }, {}, "feature 0 of sample 0"],
  ] as const;
  for (const [given, options, message] of refusals) {
    const error = await assertRejects(() => fitHead(given, options), ServiceError, message);
    assertEquals(error.code, "invalid_value");
  }
});

Deno.test("fitHead() refuses what its last step makes infinite", async () => {
  // The training loss of an epoch is from before its step, so that of one step is that of the start.
  for (const optimizer of ["sgd", "adam"] as const) {
    const options = { optimizer, learningRate: 1e38, epochs: 1, batchSize: 1_000, hidden: [8] };
    const fit = () => fitHead(drawDigits(60), options);
    const error = await assertRejects(fit, ServiceError, "must stay finite");
    assertEquals(error.code, "invalid_value");
  }
});

Deno.test("fitHead() gives finite weights where a feature hardly changes", async () => {
  const samples = drawDigits(60);
  const features = samples.features.map((value, place) => place % 64 === 0 ? 1e-42 * value : value);
  const { head } = await fitHead({ ...samples, features });
  assertEquals(findHeadFault(head), undefined);
});

Deno.test("fitHead() trains on the samples that it is given a split of", async () => {
  const samples = drawDigits(100);
  const all = Uint32Array.from({ length: 100 }, (_, sample) => sample);
  const split = { training: all.slice(50), validation: all.slice(0, 50) };
  const fitted = await fitHead(samples, { split, epochs: 3 });
  assertEquals(fitted.split, split);
  assertNotEquals(fitted.head, (await fitHead(samples, { epochs: 3 })).head);
});

Deno.test("fitHead() trains on all views of a sample and judges by the plain one", async () => {
  const samples = drawDigits(60);
  const options = { epochs: 20, seed: 3 };
  const plain = await fitHead(samples, options);
  const same = await fitHead({ ...samples, views: [samples.features] }, options);
  // Seen twice as they are, they weigh as much as once.
  same.head.layers[0]?.weights.forEach((weight, index) =>
    assertAlmostEquals(weight, plain.head.layers[0]?.weights[index] ?? NaN, 1e-3)
  );
  assertEquals(same.split, plain.split);
  const shifted = samples.features.map((value) => value + 0.5);
  const other = await fitHead({ ...samples, views: [shifted] }, options);
  assertNotEquals(other.head, plain.head);
});
