import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import * as tf from "@tensorflow/tfjs-core";
import { ServiceError } from "../../lib/service_error.ts";
import { makeIdentityBackbone } from "../../models/identity_backbone.ts";
import { disposeNetwork, loadNetwork, requireInputShape } from "../../models/load_network.ts";
import { createShippedSource } from "../../models/shipped/shipped_source.ts";
import { startTestBackend } from "./formats/test_backend.ts";
import { makeTinyArtifact, TINY_INPUT } from "./tiny_model.ts";

const WEIGHTS = new URL("../../weights/", import.meta.url).pathname;

await startTestBackend();

Deno.test("loadNetwork() loads every model that ships, and frees it without a rest", async () => {
  const source = await createShippedSource(WEIGHTS);
  for (const known of await source.list()) {
    const before = tf.memory().numTensors;
    const { backbone, labels } = await source.read(known);
    const network = await loadNetwork(backbone);
    if (network.role === "classifier") assertEquals(network.model.classCount, labels.length);
    disposeNetwork(network);
    assertEquals(tf.memory().numTensors, before, known.id);
  }
});

Deno.test("loadNetwork() refuses a network that does not take its declared input", async () => {
  const before = tf.memory().numTensors;
  const { backbone } = makeTinyArtifact();
  const wrong = { ...backbone, input: { ...TINY_INPUT, height: 9 } };
  const error = await assertRejects(() => loadNetwork(wrong), ServiceError, "[1, 9, 8, 3]");
  assertEquals(error.code, "model_unusable");
  assertEquals(tf.memory().numTensors, before);
});

Deno.test("loadNetwork() makes a network of an identity backbone", async () => {
  const network = await loadNetwork(makeIdentityBackbone(4));
  assert(network.role === "classifier");
  assertEquals(network.input, { kind: "vector", length: 4 });
  assertEquals(network.model.featureLength, 4);
  disposeNetwork(network);
});

Deno.test("requireInputShape() compares the channels of a series", () => {
  const model = { inputShape: [1, -1, 6] };
  requireInputShape(model, { kind: "series", channels: 6, stepsMax: 1 });
  const input = { kind: "series", channels: 5, stepsMax: 1 } as const;
  assertThrows(() => requireInputShape(model, input), ServiceError, "[1, -1, 5]");
});
