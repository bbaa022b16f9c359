import { assert, assertEquals, assertRejects } from "@std/assert";
import * as tf from "@tensorflow/tfjs-core";
import { ServiceError } from "../../lib/service_error.ts";
import { InferenceEngine, type InferenceTask } from "../../models/inference_engine.ts";
import { loadEngineModules, makeTinyArtifact, readFixture } from "./tiny_model.ts";

// A thread has one backend, so the tests of this file share one engine.
const engine = await InferenceEngine.start(await loadEngineModules());

function makeTask(): InferenceTask {
  return {
    model: "tiny",
    version: 1,
    bytes: readFixture("baseline.jpg"),
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
  engine.unload({ name: "tiny", version: 1 });
  assertEquals(tf.memory().numTensors, before);
});

Deno.test("InferenceEngine.run() holds the same tensors after every task", async () => {
  await engine.load(makeTinyArtifact());
  const first = await engine.run(makeTask());
  for (let count = 0; count < 20; count++) {
    assertEquals((await engine.run(makeTask())).memory, first.memory);
  }
  engine.unload({ name: "tiny", version: 1 });
});

Deno.test("InferenceEngine.run() throws for a model or version that is not loaded", async () => {
  await engine.load(makeTinyArtifact());
  for (const change of [{ model: "other" }, { version: 2 }]) {
    const error = await assertRejects(() => engine.run({ ...makeTask(), ...change }), ServiceError);
    assertEquals(error.code, "model_not_found");
  }
  engine.unload({ name: "tiny", version: 1 });
});

Deno.test("InferenceEngine.load() leaves nothing behind when a model is unusable", async () => {
  const before = tf.memory().numTensors;
  const artifact = { ...makeTinyArtifact(), files: new Map([["a", new Uint8Array(100)]]) };
  await assertRejects(() => engine.load(artifact), ServiceError);
  const { input } = makeTinyArtifact();
  const wrongInput = { ...makeTinyArtifact(), input: { ...input, height: 9 } };
  await assertRejects(() => engine.load(wrongInput), ServiceError);
  assertEquals(tf.memory().numTensors, before);
});

Deno.test("InferenceEngine.unload() accepts a model that is not loaded", () => {
  engine.unload({ name: "nobody", version: 1 });
});
