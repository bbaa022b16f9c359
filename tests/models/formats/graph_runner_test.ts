import {
  assertEquals,
  assertGreaterOrEqual,
  assertLessOrEqual,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import * as tf from "@tensorflow/tfjs-core";
import { ServiceError } from "../../../lib/service_error.ts";
import { GraphRunner } from "../../../models/formats/graph_runner.ts";
import { readTfliteGraph } from "../../../models/formats/tflite_graph.ts";
import { caseInput, OPERATOR_CASES } from "./operator_cases.ts";
import { largestDifference, startTestBackend } from "./test_backend.ts";
import { buildTflite, type TfliteSpec } from "./tflite_builder.ts";

const GOLDEN = JSON.parse(
  await Deno.readTextFile(new URL("../../golden/operators.json", import.meta.url)),
);
/** The golden outputs are rounded to 1e-4 and reach 30. */
const TOLERANCE = 2e-4;

function createRunner(spec: TfliteSpec | undefined): GraphRunner {
  if (!spec) throw new TypeError("Cannot run test as the case does not exist");
  return new GraphRunner(readTfliteGraph(buildTflite(spec)).graph);
}

for (const [name, spec] of Object.entries(OPERATOR_CASES)) {
  Deno.test(`GraphRunner agrees with PyTorch on ${name}`, async () => {
    await startTestBackend();
    const before = tf.memory().numTensors;
    const model = createRunner(spec);
    const { shape, values } = caseInput(model.inputShape);
    const input = tf.tensor(values, shape);
    const { logits, features } = model.predict(input);
    const { logits: wanted, features: wantedFeatures = wanted } = GOLDEN[name];
    assertEquals(logits.shape, [2, model.classCount]);
    assertEquals(features.shape, [2, model.featureLength]);
    assertLessOrEqual(largestDifference(logits.dataSync(), wanted), TOLERANCE);
    assertLessOrEqual(largestDifference(features.dataSync(), wantedFeatures), TOLERANCE);
    tf.dispose([input, logits, features]);
    model.dispose();
    assertEquals(tf.memory().numTensors, before);
  });
}

Deno.test("GraphRunner.predict() gives each sample of a batch what it gives it alone", async () => {
  await startTestBackend();
  const model = createRunner(OPERATOR_CASES.gated_shortcut);
  const { shape, values } = caseInput(model.inputShape);
  const both = model.predict(tf.tensor(values, shape)).logits.dataSync();
  const half = values.length / 2;
  const alone = [0, 1].flatMap((sample) => {
    const part = values.slice(sample * half, (sample + 1) * half);
    return Array.from(model.predict(tf.tensor(part, [1, ...shape.slice(1)])).logits.dataSync());
  });
  assertLessOrEqual(largestDifference(both, alone), 1e-6);
  model.dispose();
});

Deno.test("GraphRunner.predict() keeps the number of tensors and leaves its input alone", async () => {
  await startTestBackend();
  const model = createRunner(OPERATOR_CASES.dense_softmax);
  const input = tf.ones(model.inputShape as number[]);
  const before = tf.memory().numTensors;
  for (let i = 0; i < 10; i++) {
    const { logits, features } = model.predict(input);
    assertEquals(tf.memory().numTensors, before + 2);
    tf.dispose([logits, features]);
  }
  assertEquals(input.isDisposed, false);
  input.dispose();
  model.dispose();
});

Deno.test("GraphRunner loads and frees models without growing the WASM memory", async () => {
  await startTestBackend();
  const backend = tf.backend() as unknown as { wasm: { HEAPU8: Uint8Array } };
  const cycle = () => {
    const model = createRunner(OPERATOR_CASES.dense_softmax);
    const input = tf.ones(model.inputShape as number[]);
    tf.dispose([input, ...Object.values(model.predict(input))]);
    model.dispose();
  };
  for (let i = 0; i < 20; i++) cycle();
  const bytes = backend.wasm.HEAPU8.buffer.byteLength;
  for (let i = 0; i < 2000; i++) cycle();
  assertEquals(backend.wasm.HEAPU8.buffer.byteLength, bytes);
});

Deno.test("GraphRunner.predict() throws for an input of another shape or type", async () => {
  await startTestBackend();
  const model = createRunner(OPERATOR_CASES.relu_alone);
  const error = assertThrows(() => model.predict(tf.ones([1, 5, 6, 3])), TypeError);
  assertStringIncludes(error.message, "float32 of shape [n, 6, 5, 3]: found float32 of shape");
  assertThrows(() => model.predict(tf.ones([6, 5, 3])), TypeError);
  assertThrows(() => model.predict(tf.ones([0, 6, 5, 3])), TypeError);
  assertThrows(() => model.predict(tf.ones([1, 6, 5, 3], "int32")), TypeError);
  model.dispose();
  assertThrows(() => model.predict(tf.ones([1, 6, 5, 3])), TypeError, "disposed");
});

Deno.test("GraphRunner runs whatever is left of broken files", async () => {
  await startTestBackend();
  let ran = 0;
  for (const [index, spec] of Object.values(OPERATOR_CASES).entries()) {
    const bytes = buildTflite(spec);
    for (let round = 0; round < 60; round++) {
      const broken = bytes.slice();
      broken[(round * 7919 + index * 104729) % broken.length] = (round * 31) % 256;
      const model = loadBroken(broken);
      if (!model) continue;
      const input = tf.ones(model.inputShape as number[]);
      tf.dispose([input, ...Object.values(model.predict(input))]);
      model.dispose();
      ran++;
    }
  }
  assertGreaterOrEqual(ran, 200);
});

function loadBroken(bytes: Uint8Array): GraphRunner | undefined {
  try {
    return new GraphRunner(readTfliteGraph(bytes).graph);
  } catch (error) {
    if (error instanceof ServiceError) return undefined;
    throw error;
  }
}

Deno.test("GraphRunner runs a network without a node", async () => {
  await startTestBackend();
  const tensors = [{ shape: [1, 2, 1, 1] }, { shape: [1, 2, 1, 1] }];
  const operators = [{ name: "QUANTIZE", inputs: [0], outputs: [1] }];
  const model = createRunner({ tensors, operators, inputs: [0], outputs: [1] });
  const input = tf.tensor([3, 4], [1, 2, 1, 1]);
  const { logits, features } = model.predict(input);
  tf.dispose(features);
  assertEquals([...logits.dataSync()], [3, 4]);
  tf.dispose([input, logits]);
  model.dispose();
});
