import { assertEquals } from "@std/assert";
import * as tf from "@tensorflow/tfjs-core";
import { evaluateNetwork } from "../../../../models/training/all_layers/evaluate_network.ts";
import { startRecurrentBackend } from "../../kernels/recurrent_cases.ts";
import { drawVectors } from "./network_samples_fixtures.ts";

await startRecurrentBackend();

/** Right for all of `drawVectors()`: it compares the first two numbers. */
const NETWORK = {
  layers: [{
    kind: "dense" as const,
    inputs: 3,
    units: 2,
    activation: "linear" as const,
    weights: Float32Array.of(50, 0, 0, 50, 0, 0),
    bias: new Float32Array(2),
  }],
};

Deno.test("evaluateNetwork() judges by the validation samples, and names samples by their place", async () => {
  const before = tf.memory().numTensors;
  const vectors = drawVectors(40);
  // The class of the last sample is wrong: that is the one mistake.
  const classes = vectors.classes.map((index, row) => row === 39 ? 1 - index : index);
  const samples = { ...vectors, classes };
  const split = {
    training: Uint32Array.from({ length: 30 }, (_, row) => row),
    validation: Uint32Array.from({ length: 10 }, (_, row) => 30 + row),
  };
  const options = { split, curve: [], classNames: ["a", "b"] };
  const evaluation = await evaluateNetwork({ network: NETWORK, samples }, options);
  assertEquals(evaluation.judgedBy, "validation");
  assertEquals([evaluation.training.accuracy, evaluation.validation?.accuracy], [1, 0.9]);
  assertEquals(evaluation.report.mostWrong.map(({ sample }) => sample), [39]);
  const whole = { training: split.training, validation: new Uint32Array() };
  const plain = await evaluateNetwork({ network: NETWORK, samples }, { ...options, split: whole });
  assertEquals([plain.judgedBy, plain.validation], ["training", undefined]);
  assertEquals(tf.memory().numTensors, before);
});
