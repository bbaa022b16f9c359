/**
 * Small TensorFlow Lite networks that cover every operator that the service runs. The golden
 * outputs of `tests/golden/operators.json` were computed from these same files by PyTorch:
 * `deno run --allow-write=DIR tests/golden/write_operator_models.ts DIR`, then
 * `python3 tests/golden/make_operator_golden.py DIR`.
 */
import { CONVOLUTION_CASES } from "./convolution_cases.ts";
import type { TfliteSpec } from "./tflite_builder.ts";
import * as parts from "./tflite_parts.ts";

/** The input of every case: a batch of two. */
export function caseInput(
  inputShape: readonly number[],
): { shape: number[]; values: Float32Array } {
  const shape = [2, ...inputShape.slice(1)];
  const values = parts.pattern(parts.sizeOf(shape), 5).map((value) => value * 4);
  return { shape, values };
}

/** The networks by name. */
export const OPERATOR_CASES: Readonly<Record<string, TfliteSpec>> = {
  ...CONVOLUTION_CASES,
  relu_alone: parts.chain(parts.IMAGE, [{ name: "RELU", shape: parts.IMAGE }]),
  pad_channels: parts.chain(parts.IMAGE, [
    {
      name: "PAD",
      shape: [1, 7, 5, 6],
      constants: [parts.integers([4, 2], [0, 0, 0, 1, 0, 0, 1, 2])],
    },
  ]),
  max_pool_same: parts.chain(parts.IMAGE, [
    {
      name: "MAX_POOL_2D",
      shape: [1, 3, 3, 3],
      options: parts.pool([3, 2], { strides: [2, 2] }),
    },
  ]),
  max_pool_one_pixel: parts.chain(parts.IMAGE, [
    {
      name: "MAX_POOL_2D",
      shape: [1, 3, 3, 3],
      options: parts.pool([1, 1], { strides: [2, 2] }),
    },
  ]),
  average_pool_same: parts.chain(parts.IMAGE, [{
    name: "AVERAGE_POOL_2D",
    shape: [1, 3, 3, 3],
    options: parts.pool([3, 3], { strides: [2, 2], activation: parts.RELU }),
  }]),
  average_pool_valid: parts.chain(parts.IMAGE, [
    {
      name: "AVERAGE_POOL_2D",
      shape: [1, 5, 3, 3],
      options: parts.pool([2, 3], { padding: parts.VALID }),
    },
  ]),
  mean_keeps_dimensions: parts.chain(parts.IMAGE, [
    {
      name: "MEAN",
      shape: [1, 1, 1, 3],
      constants: [parts.integers([2], [1, 2])],
      options: parts.mean(1),
    },
  ]),
  mean_drops_dimensions: parts.chain(parts.IMAGE, [
    {
      name: "MEAN",
      shape: [1, 3],
      constants: [parts.integers([2], [-2, 1])],
      options: parts.mean(0),
    },
  ]),
  mean_of_channels: parts.chain(parts.IMAGE, [
    {
      name: "MEAN",
      shape: [1, 6, 5],
      constants: [parts.integers([1], [3])],
      options: parts.mean(0),
    },
  ]),
  add_and_mul_constants: parts.chain(parts.IMAGE, [
    {
      name: "ADD",
      shape: parts.IMAGE,
      constants: [parts.float32([3], 8)],
      options: parts.add(parts.RELU),
    },
    {
      name: "MUL",
      shape: parts.IMAGE,
      constants: [parts.float32([1, 1, 5, 1], 9)],
      options: parts.mul(),
    },
  ]),
  dense_softmax: parts.chain(parts.IMAGE, [
    { name: "RESHAPE", shape: [1, 90], constants: [parts.integers([2], [-1, 90])] },
    {
      name: "FULLY_CONNECTED",
      shape: [1, 8],
      constants: [parts.float32([8, 90], 1), parts.float32([8], 2)],
      options: parts.dense(parts.RELU6),
    },
    {
      name: "FULLY_CONNECTED",
      shape: [1, 4],
      constants: [parts.uint8([4, 8], 3), parts.int32Bias([0.001], 4)],
      options: parts.dense(),
    },
    { name: "SOFTMAX", shape: [1, 4], options: parts.softmax },
  ]),
  dense_of_an_image_keeps_rank: parts.chain(parts.IMAGE, [
    {
      name: "MEAN",
      shape: [1, 1, 1, 3],
      constants: [parts.integers([2], [1, 2])],
      options: parts.mean(1),
    },
    {
      name: "FULLY_CONNECTED",
      shape: [1, 1, 1, 4],
      constants: [parts.float32([4, 3], 1)],
      options: parts.dense(),
    },
    { name: "SQUEEZE", shape: [4] },
  ]),
  conv_as_dense: parts.chain(parts.IMAGE, [
    {
      name: "AVERAGE_POOL_2D",
      shape: [1, 1, 1, 3],
      options: parts.pool([6, 5], { padding: parts.VALID }),
    },
    {
      name: "CONV_2D",
      shape: [1, 1, 1, 4],
      constants: [parts.float32([4, 1, 1, 3], 1), parts.float32([4], 2)],
      options: parts.conv({}),
    },
    { name: "RESHAPE", shape: [1, 4] },
    { name: "SOFTMAX", shape: [1, 4], options: parts.softmax },
    { name: "QUANTIZE", shape: [1, 4] },
  ]),
  gated_shortcut: gatedShortcut(),
};

/** A block as in MobileNetV3: a gate from the mean scales the channels, then a shortcut is added. */
function gatedShortcut(): TfliteSpec {
  const filter = parts.float32([3, 1, 1, 3], 12);
  return {
    tensors: [
      { shape: parts.IMAGE },
      parts.integers([2], [1, 2]),
      { shape: [1, 1, 1, 3] },
      filter,
      { shape: [1, 1, 1, 3] },
      { shape: parts.IMAGE },
      { shape: parts.IMAGE },
      { shape: [1, 6, 5, 6] },
    ],
    operators: [
      { name: "MEAN", inputs: [0, 1], outputs: [2], options: parts.mean(1) },
      {
        name: "CONV_2D",
        inputs: [2, 3, -1],
        outputs: [4],
        options: parts.conv({ activation: parts.RELU6 }),
      },
      { name: "MUL", inputs: [0, 4], outputs: [5], options: parts.mul() },
      { name: "ADD", inputs: [5, 0], outputs: [6], options: parts.add() },
      {
        name: "CONCATENATION",
        inputs: [6, 5],
        outputs: [7],
        options: parts.concat(-1, parts.RELU),
      },
    ],
    inputs: [0],
    outputs: [7],
  };
}
