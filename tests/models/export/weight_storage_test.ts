import { assert, assertEquals, assertLessOrEqual } from "@std/assert";
import * as tf from "@tensorflow/tfjs-core";
import { storeWeights, WEIGHT_STORAGES } from "../../../models/export/weight_storage.ts";
import { largestDifference, startTestBackend } from "../formats/test_backend.ts";
import { pattern } from "../formats/tflite_parts.ts";

const WEIGHTS = [
  { name: "a/kernel", shape: [3, 3, 2, 4], values: pattern(72, 1).map((value) => value * 0.7) },
  { name: "b/kernel", shape: [1, 1, 4, 5], values: pattern(20, 2).map((value) => value * 0.7) },
  { name: "c/kernel", shape: [5, 2], values: pattern(10, 3).map((value) => value * 0.7) },
  { name: "c/bias", shape: [2], values: Float32Array.of(0.1, -123.456) },
];

/** Bytes of one value, and the largest error for weights up to 0.7. */
const EXPECTED = {
  float32: { bytes: [4, 4, 4, 4], error: 0 },
  // 11 significant bits.
  float16: { bytes: [2, 2, 2, 4], error: 0.7 / 2 ** 11 },
  // 255 steps over 1.4, rounded to the nearest.
  uint8: { bytes: [2, 1, 1, 4], error: 1.4 / 255 / 2 + 1e-7 },
};

for (const storage of WEIGHT_STORAGES) {
  Deno.test(`storeWeights() stores ${storage} as TensorFlow.js reads it`, async () => {
    await startTestBackend();
    const { specs, bytes } = storeWeights(WEIGHTS, storage);
    const { bytes: bytesPerValue, error } = EXPECTED[storage];
    const lengths = WEIGHTS.map(({ values }, i) => values.length * (bytesPerValue[i] ?? NaN));
    assertEquals(bytes.length, lengths.reduce((sum, length) => sum + length, 0));
    const decoded = tf.io.decodeWeights(bytes.buffer, specs);
    for (const { name, shape, values } of WEIGHTS) {
      const found = decoded[name];
      assert(found);
      assertEquals(found.shape, shape);
      assertLessOrEqual(largestDifference(found.dataSync(), values), error);
    }
    tf.dispose(decoded);
  });
}

Deno.test("storeWeights() keeps zero exact in uint8, and takes weights that are all the same", () => {
  for (const values of [[0, 0.3, -0.7], [0, 0, 0], [5, 0, 5], [-2, 0, -2]]) {
    const weight = { name: "a", shape: [1, 3], values: Float32Array.from(values) };
    const { specs, bytes } = storeWeights([weight], "uint8");
    const { scale = NaN, min = NaN } = specs[0]?.quantization ?? {};
    const zeroAt = values.indexOf(0);
    assertEquals((bytes[zeroAt] ?? NaN) * scale + min, 0);
  }
});

Deno.test("storeWeights() stores nothing for a network without weights", () => {
  assertEquals(storeWeights([], "float32"), { specs: [], bytes: new Uint8Array() });
});
