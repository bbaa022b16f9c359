import { assert, assertEquals, assertLessOrEqual, assertRejects } from "@std/assert";
import * as tf from "@tensorflow/tfjs-core";
import { ServiceError } from "../../../../lib/service_error.ts";
import { writeLayeredNetwork } from "../../../../models/networks/write_layered_network.ts";
import {
  type AllLayersOptions,
  resolveAllLayersOptions,
} from "../../../../models/training/all_layers/all_layers_options.ts";
import { trainNetwork } from "../../../../models/training/all_layers/train_network.ts";
import { startRecurrentBackend } from "../../kernels/recurrent_cases.ts";
import { drawSlopes, drawTexts, drawVectors } from "./network_samples_fixtures.ts";

await startRecurrentBackend();

const NAMES = ["a", "b", "c"];

function resolve(options: Partial<AllLayersOptions>, inputs: number) {
  return { ...resolveAllLayersOptions(options), inputs, classNames: NAMES };
}

Deno.test("trainNetwork() learns series far from 0, as it standardises their channels", async () => {
  const before = tf.memory().numTensors;
  const layers = [{ type: "lstm", units: 8 } as const];
  const options = resolve({ layers, learningRate: 0.02, epochs: 60 }, 2);
  const { evaluation, network } = await trainNetwork(drawSlopes(90), options);
  assertEquals(evaluation.validation?.accuracy, 1);
  assertEquals(network.layers.map(({ units }) => units), [8, 3]);
  assertEquals(tf.memory().numTensors, before);
});

Deno.test("trainNetwork() trains on from a model, which is better from the start", async () => {
  const samples = drawSlopes(60);
  const layers = [{ type: "gru", units: 8 } as const];
  const first = await trainNetwork(samples, resolve({ layers, epochs: 40, learningRate: 0.02 }, 2));
  const base = { files: writeLayeredNetwork(first.network), labels: NAMES };
  const again = await trainNetwork(samples, { ...resolve({ epochs: 1 }, 2), base });
  const fresh = await trainNetwork(samples, resolve({ layers, epochs: 1 }, 2));
  assertLessOrEqual(again.evaluation.training.loss, 0.5 * fresh.evaluation.training.loss);
});

Deno.test("trainNetwork() learns texts and vectors", async () => {
  const texts = await trainNetwork(drawTexts(60), resolve({ learningRate: 0.02, epochs: 30 }, 3));
  assertEquals(texts.evaluation.validation?.accuracy, 1);
  const vectors = await trainNetwork(drawVectors(200), {
    ...resolve({ learningRate: 0.02 }, 3),
    classNames: ["a", "b"],
  });
  assertLessOrEqual(0.9, vectors.evaluation.validation?.accuracy ?? 0);
});

Deno.test("trainNetwork() refuses what its last step makes infinite", async () => {
  for (const validationSplit of [0, 0.2]) {
    const options = { epochs: 1, batchSize: 1_000, learningRate: 1e38, patience: 0 };
    const error = await assertRejects(
      () => trainNetwork(drawSlopes(30), resolve({ ...options, validationSplit }, 2)),
      ServiceError,
      "must stay finite",
    );
    assertEquals([error.code, error.param], ["invalid_value", "learning_rate"]);
  }
});

Deno.test("trainNetwork() gives finite weights where a channel hardly changes", async () => {
  const samples = drawSlopes(30);
  const values = samples.values.map((value, place) => place % 2 === 0 ? value : 1e-39 * value);
  const { network } = await trainNetwork({ ...samples, values }, resolve({ epochs: 1 }, 2));
  const [first] = network.layers;
  assert(first?.kind === "recurrent" && first.kernel.every(Number.isFinite));
});

Deno.test("trainNetwork() refuses a batch that takes too much memory", async () => {
  const layers = [{ type: "lstm", units: 256 } as const, { type: "lstm", units: 256 } as const];
  const samples = {
    ...drawSlopes(30),
    values: new Float32Array(2 * 30 * 4096),
    starts: Uint32Array.from({ length: 31 }, (_, row) => row * 4096),
  };
  const error = await assertRejects(
    () => trainNetwork(samples, resolve({ layers }, 2)),
    ServiceError,
    "a smaller batch_size",
  );
  assertEquals([error.code, error.param], ["invalid_value", "batch_size"]);
});
