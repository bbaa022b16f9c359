/** Test networks around convolutions; see `operator_cases.ts`. */
import type { TfliteSpec } from "./tflite_builder.ts";
import * as parts from "./tflite_parts.ts";

/** The convolution that the cases vary. */
const TO_FOUR: parts.ChainLink = {
  name: "CONV_2D",
  shape: [1, 6, 5, 4],
  constants: [parts.float32([4, 3, 3, 3], 1), parts.float32([4], 2)],
  options: parts.conv({}),
};

const PER_CHANNEL = parts.int8PerChannel([4, 3, 3, 3], { seed: 3, axis: 0 });

/** The networks by name. */
export const CONVOLUTION_CASES: Readonly<Record<string, TfliteSpec>> = {
  conv_same_stride_relu6: parts.chain(parts.IMAGE, [{
    ...TO_FOUR,
    shape: [1, 3, 3, 4],
    options: parts.conv({ strides: [2, 2], activation: parts.RELU6 }),
  }]),
  conv_valid_uneven_strides_no_bias: parts.chain(parts.IMAGE, [{
    name: "CONV_2D",
    shape: [1, 2, 3, 4],
    constants: [parts.float32([4, 3, 3, 3], 1)],
    options: parts.conv({ padding: parts.VALID, strides: [2, 1] }),
  }]),
  conv_dilated: parts.chain(parts.IMAGE, [{
    ...TO_FOUR,
    options: parts.conv({ dilation: 2, activation: parts.RELU }),
  }]),
  conv_uint8: parts.chain({
    shape: parts.IMAGE,
    type: "uint8",
    scales: [0.03125],
    zeroPoints: [128],
  }, [{
    ...TO_FOUR,
    constants: [parts.uint8([4, 3, 3, 3], 3), parts.int32Bias([0.000244140625], 1)],
  }]),
  conv_int8_per_channel: parts.chain(parts.IMAGE, [
    { name: "QUANTIZE", shape: parts.IMAGE },
    {
      ...TO_FOUR,
      constants: [
        PER_CHANNEL,
        parts.int32Bias((PER_CHANNEL.scales ?? []).map((scale) => scale / 64), 2),
      ],
    },
    { name: "DEQUANTIZE", shape: [1, 6, 5, 4] },
  ]),
  conv_then_relu: parts.chain(parts.IMAGE, [TO_FOUR, { name: "RELU", shape: [1, 6, 5, 4] }]),
  conv_then_relu6: parts.chain(parts.IMAGE, [TO_FOUR, { name: "RELU6", shape: [1, 6, 5, 4] }]),
  conv_then_hard_swish: parts.chain(parts.IMAGE, [TO_FOUR, {
    name: "HARD_SWISH",
    shape: [1, 6, 5, 4],
  }]),
  depthwise_same_stride_relu: parts.chain(parts.IMAGE, [{
    name: "DEPTHWISE_CONV_2D",
    shape: [1, 3, 3, 3],
    constants: [parts.float32([1, 3, 3, 3], 4), parts.float32([3], 5)],
    options: parts.depthwise({ strides: [2, 2], activation: parts.RELU }),
  }]),
  depthwise_multiplier_valid: parts.chain(parts.IMAGE, [{
    name: "DEPTHWISE_CONV_2D",
    shape: [1, 4, 3, 6],
    constants: [parts.float32([1, 3, 3, 6], 4), parts.float32([6], 5)],
    options: parts.depthwise({ padding: parts.VALID, multiplier: 2 }),
  }]),
  depthwise_int8_per_channel: parts.chain(parts.IMAGE, [{
    name: "DEPTHWISE_CONV_2D",
    shape: [1, 6, 5, 3],
    constants: [
      parts.int8PerChannel([1, 3, 3, 3], { seed: 7, axis: 3 }),
      parts.int32Bias([0.001, 0.002, 0.003], 5),
    ],
    options: parts.depthwise({ activation: parts.RELU6 }),
  }]),
  pad_then_conv: parts.chain(parts.IMAGE, [
    {
      name: "PAD",
      shape: [1, 9, 6, 3],
      constants: [parts.integers([4, 2], [0, 0, 1, 2, 0, 1, 0, 0])],
    },
    {
      ...TO_FOUR,
      shape: [1, 4, 2, 4],
      options: parts.conv({ padding: parts.VALID, strides: [2, 2] }),
    },
  ]),
  pad_then_depthwise: parts.chain(parts.IMAGE, [
    {
      name: "PAD",
      shape: [1, 7, 6, 3],
      constants: [parts.integers([4, 2], [0, 0, 0, 1, 0, 1, 0, 0])],
    },
    {
      name: "DEPTHWISE_CONV_2D",
      shape: [1, 3, 2, 3],
      constants: [parts.float32([1, 3, 3, 3], 4), parts.float32([3], 5)],
      options: parts.depthwise({
        padding: parts.VALID,
        strides: [2, 2],
        activation: parts.RELU6,
      }),
    },
  ]),
  conv_float16: float16Weights(),
};

/** Weights in float16, turned into float32 by an operator of the file. */
function float16Weights(): TfliteSpec {
  return {
    tensors: [
      { shape: parts.IMAGE },
      parts.float16([4, 3, 3, 3], 6),
      { shape: [4, 3, 3, 3] },
      parts.float32([4], 2),
      { shape: [1, 6, 5, 4] },
    ],
    operators: [
      { name: "DEQUANTIZE", inputs: [1], outputs: [2] },
      { name: "CONV_2D", inputs: [0, 2, 3], outputs: [4], options: parts.conv({}) },
    ],
    inputs: [0],
    outputs: [4],
  };
}
