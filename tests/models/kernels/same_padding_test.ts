import { assertEquals, assertLessOrEqual } from "@std/assert";
import * as tf from "@tensorflow/tfjs-core";
import { registerSamePadding } from "../../../models/kernels/same_padding.ts";
import type { Tensor4D } from "../../../models/tensors.ts";
import { largestDifference, startTestBackend } from "../formats/test_backend.ts";
import { pattern } from "../formats/tflite_parts.ts";

await startTestBackend();

interface Case {
  size: number;
  window: number;
  stride: number;
  dilation: number;
}

const CHANNELS = 2;
const FILTERS = 3;

/** Every size up to 9 with windows and strides up to 4, and some dilations. */
function* listCases(): Generator<Case> {
  for (let size = 1; size <= 9; size++) {
    for (let window = 1; window <= 4; window++) {
      for (let stride = 1; stride <= 4; stride++) yield { size, window, stride, dilation: 1 };
      yield { size, window, stride: 1, dilation: 2 };
    }
  }
}

/** By the definition: the odd zero goes behind. `x` is `[size, size, channels]`. */
function convolve(
  x: Float32Array,
  filter: Float32Array,
  { size, window, stride, dilation, isDepthwise }: Case & { isDepthwise: boolean },
): number[] {
  const positions = Math.ceil(size / stride);
  const reach = dilation * (window - 1) + 1;
  const before = Math.floor(Math.max((positions - 1) * stride + reach - size, 0) / 2);
  const outputs = isDepthwise ? CHANNELS : FILTERS;
  return Array.from({ length: positions ** 2 * outputs }, (_, index) => {
    const place = Math.floor(index / outputs);
    const output = index % outputs;
    let sum = 0;
    for (let tap = 0; tap < window ** 2 * CHANNELS; tap++) {
      const channel = tap % CHANNELS;
      const at = Math.floor(tap / CHANNELS);
      const row = Math.floor(place / positions) * stride - before +
        Math.floor(at / window) * dilation;
      const column = (place % positions) * stride - before + (at % window) * dilation;
      const isInside = row >= 0 && row < size && column >= 0 && column < size;
      if (!isInside || (isDepthwise && channel !== output)) continue;
      const weight = filter[isDepthwise ? tap : tap * FILTERS + output] ?? NaN;
      sum += weight * (x[(row * size + column) * CHANNELS + channel] ?? NaN);
    }
    return sum;
  });
}

Deno.test("registerSamePadding() makes convolutions pad as TensorFlow does, whatever their strides", () => {
  registerSamePadding();
  const before = tf.memory().numTensors;
  for (const each of listCases()) {
    const { size, window, stride, dilation } = each;
    const values = pattern(size ** 2 * CHANNELS, 1);
    for (const isDepthwise of [false, true]) {
      const last = isDepthwise ? 1 : FILTERS;
      const weights = pattern(window ** 2 * CHANNELS * last, 2);
      const wanted = convolve(values, weights, { ...each, isDepthwise });
      tf.tidy(() => {
        const x = tf.tensor4d(values, [1, size, size, CHANNELS]);
        const filter = tf.tensor4d(weights, [window, window, CHANNELS, last]);
        const options = { x, filter, strides: stride, pad: "same", dilations: dilation } as const;
        // An activation makes the fused kernels run.
        const fused = { ...options, activation: "relu" } as const;
        const [plain, positive] = isDepthwise
          ? [
            tf.depthwiseConv2d(x, filter, stride, "same", "NHWC", dilation),
            tf.fused.depthwiseConv2d(fused),
          ]
          : [tf.conv2d(x, filter, stride, "same", "NHWC", dilation), tf.fused.conv2d(fused)];
        const found = plain as Tensor4D;
        const positions = Math.ceil(size / stride);
        assertEquals(found.shape.slice(1, 3), [positions, positions]);
        assertLessOrEqual(largestDifference(found.dataSync(), wanted), 1e-5);
        const cut = wanted.map((value) => Math.max(value, 0));
        assertLessOrEqual(largestDifference((positive as Tensor4D).dataSync(), cut), 1e-5);
      });
    }
  }
  assertEquals(tf.memory().numTensors, before);
});

Deno.test("registerSamePadding() leaves other padding as it is", () => {
  registerSamePadding();
  tf.tidy(() => {
    const x = tf.tensor4d([1, 2, 3, 4], [1, 2, 2, 1]);
    const filter = tf.tensor4d([1, 1, 1, 1], [2, 2, 1, 1]);
    assertEquals([...tf.conv2d(x, filter, 1, "valid").dataSync()], [10]);
    assertEquals([...tf.conv2d(x, filter, 2, 1).dataSync()], [1, 2, 3, 4]);
  });
});
