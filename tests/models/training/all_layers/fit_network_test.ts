import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertNotEquals,
  assertRejects,
} from "@std/assert";
import * as tf from "@tensorflow/tfjs-core";
import { ServiceError } from "../../../../lib/service_error.ts";
import { resolveAllLayersOptions } from "../../../../models/training/all_layers/all_layers_options.ts";
import {
  fitNetwork,
  type FitNetworkOptions,
} from "../../../../models/training/all_layers/fit_network.ts";
import { splitSamples } from "../../../../models/training/split_samples.ts";
import { startRecurrentBackend } from "../../kernels/recurrent_cases.ts";
import { makeNetwork } from "../../networks/network_fixtures.ts";
import { drawTexts } from "./network_samples_fixtures.ts";

await startRecurrentBackend();

const SAMPLES = drawTexts(60);
const START = makeNetwork({ cells: ["GRUResetAfter"], tokens: 3, units: 8 });

function fit({ split, onEpoch, ...options }: Partial<FitNetworkOptions> = {}) {
  const resolved = resolveAllLayersOptions({ epochs: 3, ...options });
  return fitNetwork({ start: START, samples: SAMPLES }, {
    ...resolved,
    split: split ?? splitSamples(SAMPLES.classes, resolved),
    onEpoch,
  });
}

Deno.test("fitNetwork() learns texts of different lengths, and leaves no tensor", async () => {
  const before = tf.memory().numTensors;
  const told: number[] = [];
  const { curve, epoch } = await fit({
    epochs: 60,
    learningRate: 0.02,
    onEpoch: ({ epoch, epochs }) => told.push(epoch / epochs),
  });
  assertEquals(curve[epoch - 1]?.validation?.accuracy, 1);
  assert((curve.at(-1)?.training.loss ?? 9) < 0.5 * (curve[0]?.training.loss ?? 0));
  assertEquals(told.length, curve.length);
  assertEquals(tf.memory().numTensors, before);
});

Deno.test("fitNetwork() gives the same bits for the same seed, and others for another", async () => {
  const options = { dropout: 0.2 };
  const { network } = await fit(options);
  assertEquals((await fit(options)).network, network);
  assertNotEquals((await fit({ ...options, seed: 1 })).network, network);
});

Deno.test("fitNetwork() takes the best epoch when patience ends it", async () => {
  const networks: unknown[] = [];
  const fitted = await fit({
    epochs: 200,
    learningRate: 0.1,
    patience: 2,
    onEpoch: ({ takeNetwork }) => networks.push(takeNetwork()),
  });
  assertEquals(fitted.ended, "patience");
  assertEquals(fitted.curve.length, fitted.epoch + 2);
  const losses = fitted.curve.map(({ validation }) => validation?.loss ?? NaN);
  assertEquals(losses[fitted.epoch - 1], Math.min(...losses));
  assertEquals(fitted.network, networks[fitted.epoch - 1] as typeof fitted.network);
});

Deno.test("fitNetwork() moves no weight further in a step than Adam and the clipping allow", async () => {
  const moved = async (clipNorm: number) => {
    const { network } = await fit({ epochs: 1, batchSize: 1_000, learningRate: 0.01, clipNorm });
    const [before, after] = [START, network].map(({ layers }) => layers.at(-1));
    assert(before?.kind === "dense" && after?.kind === "dense");
    return Math.max(...after.weights.map((value, i) => Math.abs(value - (before.weights[i] ?? 0))));
  };
  // Adam's first step has the length of the rate, whatever the gradient, until its epsilon counts.
  const [usual, clipped] = [await moved(1), await moved(1e-9)];
  assert(usual > 0.0099 && usual < 0.0101, `${usual}`);
  assert(clipped < 0.002, `${clipped}`);
});

Deno.test("fitNetwork() weighs validation samples as it does those that train", async () => {
  // Two thirds of the samples are of class 1.
  const classes = SAMPLES.classes.map((index) => index === 0 ? 0 : 1);
  const samples = { ...SAMPLES, classes, classCount: 3 };
  // The same samples on both sides, in one batch whose loss is that before a step of no length.
  const rows = Uint32Array.from(classes.keys());
  for (const classWeight of ["none", "balanced"] as const) {
    const { curve: [score] } = await fitNetwork({ start: START, samples }, {
      ...resolveAllLayersOptions({
        ...{ epochs: 1, batchSize: 1_000, learningRate: 1e-12, classWeight },
      }),
      split: { training: rows, validation: rows },
    });
    assertAlmostEquals(score?.validation?.loss ?? NaN, score?.training.loss ?? NaN, 1e-5);
    assertEquals(score?.validation?.accuracy, score?.training.accuracy);
  }
});

Deno.test("fitNetwork() gives each class the weight that it is told to", async () => {
  // A third of the samples of class 0: the mean over classes is not that over samples.
  const rows = [...SAMPLES.classes.keys()].filter((row) => row % 3 !== 0 || row % 9 === 0);
  const split = { training: Uint32Array.from(rows), validation: new Uint32Array() };
  const samples = { ...SAMPLES, classes: SAMPLES.classes.map((index) => index === 0 ? 0 : 1) };
  const first = async (classWeight: "none" | "balanced") => {
    const options = resolveAllLayersOptions({ epochs: 1, classWeight, batchSize: 1_000 });
    const { curve } = await fitNetwork({ start: START, samples: { ...samples, classCount: 3 } }, {
      ...options,
      patience: 0,
      split,
    });
    return curve[0]?.training;
  };
  const [none, balanced] = [await first("none"), await first("balanced")];
  assertEquals(none?.accuracy, balanced?.accuracy);
  assertNotEquals(none?.loss, balanced?.loss);
});

Deno.test("fitNetwork() refuses to go on when the loss is not finite", async () => {
  const before = tf.memory().numTensors;
  const error = await assertRejects(
    () => fit({ learningRate: 1e38 }),
    ServiceError,
    "must stay finite",
  );
  assertEquals([error.code, error.param], ["invalid_value", "learning_rate"]);
  assertEquals(tf.memory().numTensors, before);
});

Deno.test("fitNetwork() lets the event loop have its turn within an epoch", async () => {
  let turns = 0;
  const timer = setInterval(() => turns++);
  const samples = drawTexts(600);
  const options = resolveAllLayersOptions({ epochs: 1, batchSize: 1 });
  const split = splitSamples(samples.classes, options);
  const turnsOfEpochs: number[] = [];
  await fitNetwork({ start: START, samples }, {
    ...options,
    split,
    onEpoch: () => turnsOfEpochs.push(turns),
  });
  clearInterval(timer);
  assert((turnsOfEpochs[0] ?? 0) > 0);
});
