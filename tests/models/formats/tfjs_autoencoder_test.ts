import { assertEquals, assertThrows } from "@std/assert";
import * as tf from "@tensorflow/tfjs-core";
import { ServiceError } from "../../../lib/service_error.ts";
import { loadTfjsAutoencoder } from "../../../models/formats/tfjs_autoencoder.ts";
import { makePair, QUANTILES } from "./autoencoder_fixtures.ts";
import { startTestBackend } from "./test_backend.ts";

await startTestBackend();

const SOUND = { codeLow: [0, 0, 0], codeHigh: [1, 1, 1], errorQuantiles: QUANTILES };

Deno.test("loadTfjsAutoencoder() loads both networks and frees them", () => {
  const before = tf.memory().numTensors;
  const pair = loadTfjsAutoencoder(makePair());
  assertEquals([pair.encoder.classCount, pair.decoder.classCount], [3, 12]);
  assertEquals(pair.codeRange, { low: [0, 0, 0], high: [1, 1, 1] });
  pair.dispose();
  assertEquals(tf.memory().numTensors, before);
});

Deno.test("loadTfjsAutoencoder() refuses metadata that is missing or wrong, and leaves nothing", () => {
  const before = tf.memory().numTensors;
  const wrong = [
    {},
    { ...SOUND, codeLow: [0, 0] },
    { ...SOUND, codeHigh: [1, 1, "1"] },
    { ...SOUND, codeHigh: [1, 0, 1] },
    { ...SOUND, errorQuantiles: [1] },
  ];
  for (const metadata of wrong) {
    const error = assertThrows(() => loadTfjsAutoencoder(makePair(metadata)), ServiceError, "must");
    assertEquals(error.code, "model_unusable");
  }
  const files = makePair();
  files.delete("encoder/model.json");
  assertThrows(() => loadTfjsAutoencoder(files), ServiceError, "model.json is missing");
  assertEquals(tf.memory().numTensors, before);
});
