import { assertEquals, assertRejects } from "@std/assert";
import * as tf from "@tensorflow/tfjs-core";
import { ServiceError } from "../../../lib/service_error.ts";
import { readLayeredNetwork } from "../../../models/networks/read_layered_network.ts";
import { startRecurrentBackend } from "../kernels/recurrent_cases.ts";
import { readShippedFiles } from "./network_fixtures.ts";

await startRecurrentBackend();

function edit(files: Map<string, Uint8Array>, from: string, to: string) {
  const json = new TextDecoder().decode(files.get("model.json"));
  return new Map([...files, ["model.json", new TextEncoder().encode(json.replace(from, to))]]);
}

Deno.test("readLayeredNetwork() reads the layers of the shipped models and leaves no tensor", async () => {
  const before = tf.memory().numTensors;
  const motion = await readLayeredNetwork(readShippedFiles("motion-rnn"));
  assertEquals(motion.layers.map(({ kind, units }) => [kind, units]), [
    ["recurrent", 64],
    ["dense", 4],
  ]);
  const names = await readLayeredNetwork(readShippedFiles("names-lstm"));
  assertEquals(names.layers.map(({ kind, units }) => [kind, units]), [
    ["embedding", 64],
    ["recurrent", 192],
    ["dense", 18],
  ]);
  assertEquals(tf.memory().numTensors, before);
});

Deno.test("readLayeredNetwork() refuses what it could not train, naming the layer", async () => {
  const files = readShippedFiles("names-lstm");
  const cases: [string, string, string][] = [
    ['"mask_zero": false', '"mask_zero": true', "must not mask"],
    ['"go_backwards": false', '"go_backwards": true', "lstm must read forwards"],
    ['"activation": "softmax"', '"activation": "sigmoid"', "must end in softmax or linear"],
  ];
  const before = tf.memory().numTensors;
  for (const [from, to, message] of cases) {
    const error = await assertRejects(
      () => readLayeredNetwork(edit(files, from, to)),
      ServiceError,
      message,
    );
    assertEquals(error.code, "model_unusable");
  }
  assertEquals(tf.memory().numTensors, before);
});
