import { assert, assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import * as tf from "@tensorflow/tfjs-core";
import { ServiceError } from "../../lib/service_error.ts";
import { encodeDetector } from "../../models/heads/detector_bytes.ts";
import { encodeHead } from "../../models/heads/head_bytes.ts";
import { InferenceEngine } from "../../models/inference_engine.ts";
import type { InferenceTask } from "../../models/inference_task.ts";
import type { BackboneArtifact } from "../../models/model_artifact.ts";
import { makeLayer } from "./heads/head_fixtures.ts";
import { loadEngineModules, makeTinyArtifact, readFixture, TINY_INPUT } from "./tiny_model.ts";

// A thread has one backend, so the tests of this file share one engine.
const engine = await InferenceEngine.start(await loadEngineModules());

function makeTask(): InferenceTask {
  return {
    model: "tiny",
    input: { kind: "image", bytes: readFixture("baseline.jpg") },
    query: { verb: "classify", topK: 1, threshold: 0 },
    pixelsMax: 1_000_000,
  };
}

Deno.test("InferenceEngine.load() reports what the model is, and loads it once", async () => {
  const before = tf.memory().numTensors;
  const report = await engine.load(makeTinyArtifact());
  assertEquals([report.classCount, report.featureLength], [3, 3]);
  const loaded = tf.memory().numTensors;
  assert(loaded > before);
  await engine.load(makeTinyArtifact());
  assertEquals(tf.memory().numTensors, loaded);
  engine.unload({ id: "tiny" });
  assertEquals(tf.memory().numTensors, before);
});

Deno.test("InferenceEngine.run() holds the same tensors after every task", async () => {
  await engine.load(makeTinyArtifact());
  const first = await engine.run(makeTask());
  for (let count = 0; count < 20; count++) {
    assertEquals((await engine.run(makeTask())).memory, first.memory);
  }
  engine.unload({ id: "tiny" });
});

Deno.test("InferenceEngine.run() throws for a model that is not loaded", async () => {
  await engine.load(makeTinyArtifact());
  const error = await assertRejects(
    () => engine.run({ ...makeTask(), model: "other" }),
    ServiceError,
  );
  assertEquals(error.code, "model_not_found");
  engine.unload({ id: "tiny" });
});

Deno.test("InferenceEngine.load() leaves nothing behind when a model is unusable", async () => {
  const before = tf.memory().numTensors;
  const { id, backbone } = makeTinyArtifact();
  const broken = { ...backbone, files: new Map([["a", new Uint8Array(100)]]) };
  await assertRejects(() => engine.load({ id, backbone: broken }), ServiceError);
  const wrongInput = { ...backbone, input: { ...TINY_INPUT, height: 9 } };
  await assertRejects(() => engine.load({ id, backbone: wrongInput }), ServiceError);
  assertEquals(tf.memory().numTensors, before);
});

Deno.test("InferenceEngine.unload() accepts a model that is not loaded", () => {
  engine.unload({ id: "nobody" });
});

Deno.test("InferenceEngine keeps one network for all models on it, until the last is freed", async () => {
  const before = tf.memory().numTensors;
  await engine.load(makeTinyArtifact({ id: "a" }));
  const loaded = tf.memory().numTensors;
  await engine.load(makeTinyArtifact({ id: "b" }));
  assertEquals(tf.memory().numTensors, loaded);
  engine.unload({ id: "a" });
  const { answer } = await engine.run({ ...makeTask(), model: "b" });
  assertEquals(answer.verb, "classify");
  await assertRejects(() => engine.run({ ...makeTask(), model: "a" }), ServiceError);
  await engine.load(makeTinyArtifact({ id: "c", gain: 3 }));
  assert(tf.memory().numTensors > loaded);
  for (const id of ["b", "c"]) engine.unload({ id });
  assertEquals(tf.memory().numTensors, before);
});

Deno.test("InferenceEngine runs heads on a network that they share, and frees each with its model", async () => {
  const before = tf.memory().numTensors;
  const { backbone } = makeTinyArtifact();
  await engine.load({ id: "own", backbone });
  const loaded = tf.memory().numTensors;
  // Logits 100 for class 1 whatever the features are.
  const layer = { ...makeLayer(3, 2), weights: new Float32Array(6), bias: Float32Array.of(0, 100) };
  const head = encodeHead({ layers: [layer] });
  const report = await engine.load({ id: "headed", backbone, head });
  assertEquals([report.classCount, report.featureLength], [2, 3]);
  assertEquals(tf.memory().numTensors, loaded + 2);
  const first = await engine.run({ ...makeTask(), model: "headed" });
  assertEquals(first.answer, { verb: "classify", predictions: [{ index: 1, score: 1 }] });
  const again = await engine.run({ ...makeTask(), model: "headed" });
  assertEquals(again.memory, first.memory);
  engine.unload({ id: "own" });
  const alone = await engine.run({ ...makeTask(), model: "headed" });
  assertEquals(alone.answer, first.answer);
  engine.unload({ id: "headed" });
  assertEquals(tf.memory().numTensors, before);
});

Deno.test("InferenceEngine.load() leaves nothing behind when a head does not fit", async () => {
  const before = tf.memory().numTensors;
  const { id, backbone } = makeTinyArtifact();
  const longer = encodeHead({ layers: [makeLayer(4, 2)] });
  for (const head of [longer, longer.subarray(1)]) {
    const error = await assertRejects(() => engine.load({ id, backbone, head }), ServiceError);
    assertEquals(error.code, "model_unusable");
    assertEquals(tf.memory().numTensors, before);
  }
});

Deno.test("InferenceEngine says what belongs to none of the classes, where it has a detector", async () => {
  const { backbone } = makeTinyArtifact();
  const head = encodeHead({ layers: [makeLayer(3, 2)] });
  // The features of the picture are its means of red, green and blue.
  const { answer } = await embed(backbone);
  const classes = {
    threshold: 0.25,
    mean: Float32Array.of(0, 0, 0),
    factor: Float32Array.of(1, 1, 1),
  };
  const [red = 0, green = 0, blue = 0] = answer.verb === "embed" ? answer.embedding : [];
  const across = Float32Array.of(-green, red, 0);
  for (
    const [direction, unknown, score] of [
      [Float32Array.of(red, green, blue), false, 0],
      [across, true, 1],
    ] as const
  ) {
    const length = Math.hypot(...direction);
    const directions = direction.map((value) => value / length);
    const detector = encodeDetector({ ...classes, directions });
    await engine.load({ id: "tiny", backbone, head, detector });
    const told = (await engine.run(makeTask())).answer;
    engine.unload({ id: "tiny" });
    assert(told.verb === "classify" && told.unknown);
    assertEquals(told.unknown.unknown, unknown);
    assertAlmostEquals(told.unknown.score, score, 1e-6);
  }
});

Deno.test("InferenceEngine.load() leaves nothing behind when a detector does not fit", async () => {
  const before = tf.memory().numTensors;
  const { id, backbone } = makeTinyArtifact();
  const head = encodeHead({ layers: [makeLayer(3, 2)] });
  const four = new Float32Array(4).fill(1);
  const detector = encodeDetector({ threshold: 1, mean: four, factor: four, directions: four });
  for (const each of [detector, detector.subarray(1)]) {
    const artifact = { id, backbone, head, detector: each };
    const error = await assertRejects(() => engine.load(artifact), ServiceError);
    assertEquals([error.code, tf.memory().numTensors], ["model_unusable", before]);
  }
});

async function embed(backbone: BackboneArtifact) {
  await engine.load({ id: "tiny", backbone });
  const result = await engine.run({ ...makeTask(), query: { verb: "embed" } });
  engine.unload({ id: "tiny" });
  return result;
}
