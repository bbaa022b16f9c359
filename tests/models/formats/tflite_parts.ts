/** Constants and options that the test networks are put together from. */
import type { OperatorSpec, OptionsSpec, TensorSpec, TfliteSpec } from "./tflite_builder.ts";

export const SAME = 0;
export const VALID = 1;
export const NONE = 0;
export const RELU = 1;
export const RELU6 = 3;

/** Numbers without an order, each a multiple of 1/32 in [-1, 1], exact in every format. */
export function pattern(length: number, seed: number): Float32Array<ArrayBuffer> {
  return Float32Array.from({ length }, (_, i) => (((i + seed) * 37 + seed * 11) % 65 - 32) / 32);
}

export function sizeOf(shape: number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** The shape of the input image. */
export const IMAGE = [1, 6, 5, 3];

export function float32(shape: number[], seed: number): TensorSpec {
  return { shape, data: pattern(sizeOf(shape), seed) };
}

/** Every value of `pattern()` is a short binary fraction, so float16 holds it exactly. */
export function float16(shape: number[], seed: number): TensorSpec {
  const bits = Uint16Array.from(pattern(sizeOf(shape), seed), (value) => {
    if (value === 0) return 0;
    const exponent = Math.floor(Math.log2(Math.abs(value)));
    const fraction = (Math.abs(value) / 2 ** exponent - 1) * 1024;
    return (value < 0 ? 0x8000 : 0) | ((exponent + 15) << 10) | fraction;
  });
  return { shape, type: "float16", data: bits };
}

export function uint8(shape: number[], seed: number): TensorSpec {
  const data = Uint8Array.from({ length: sizeOf(shape) }, (_, i) => ((i + seed) * 89) % 256);
  return { shape, type: "uint8", data, scales: [0.0078125], zeroPoints: [120] };
}

export function int8PerChannel(
  shape: number[],
  { seed, axis }: { seed: number; axis: number },
): TensorSpec {
  const channels = shape[axis] ?? 0;
  const data = Int8Array.from({ length: sizeOf(shape) }, (_, i) => ((i + seed) * 89) % 255 - 127);
  const scales = Array.from({ length: channels }, (_, channel) => (channel + 1) / 256);
  return { shape, type: "int8", data, scales, zeroPoints: scales.map(() => 0), axis };
}

export function int32Bias(scales: number[], seed: number): TensorSpec {
  const length = scales.length === 1 ? 4 : scales.length;
  const data = Int32Array.from({ length }, (_, i) => ((i + seed) * 997) % 2001 - 1000);
  return { shape: [length], type: "int32", data, scales, zeroPoints: scales.map(() => 0) };
}

export function integers(shape: number[], values: number[]): TensorSpec {
  return { shape, type: "int32", data: Int32Array.from(values) };
}

interface Window {
  padding?: number;
  strides?: [number, number];
  activation?: number;
  dilation?: number;
}

export function conv(
  { padding = SAME, strides = [1, 1], activation = NONE, dilation = 1 }: Window,
): OptionsSpec {
  const fields = [{ int8: padding }, { int32: strides[1] }, { int32: strides[0] }];
  const dilations = [{ int32: dilation }, { int32: dilation }];
  return { union: 1, fields: [...fields, { int8: activation }, ...dilations] };
}

export function depthwise(window: Window & { multiplier?: number }): OptionsSpec {
  const { fields } = conv(window);
  const multiplier = { int32: window.multiplier ?? 1 };
  return { union: 2, fields: [...fields.slice(0, 3), multiplier, ...fields.slice(3)] };
}

export function pool(
  size: [number, number],
  { padding = SAME, strides = [1, 1], activation = NONE }: Window,
): OptionsSpec {
  const fields = [{ int8: padding }, { int32: strides[1] }, { int32: strides[0] }];
  const window = [{ int32: size[1] }, { int32: size[0] }];
  return { union: 5, fields: [...fields, ...window, { int8: activation }] };
}

export const dense = (activation = NONE): OptionsSpec => ({
  union: 8,
  fields: [{ int8: activation }],
});
export const softmax: OptionsSpec = { union: 9, fields: [{ float32: 1 }] };
export const concat = (axis: number, activation = NONE): OptionsSpec => {
  return { union: 10, fields: [{ int32: axis }, { int8: activation }] };
};
export const add = (activation = NONE): OptionsSpec => ({
  union: 11,
  fields: [{ int8: activation }],
});
export const mul = (activation = NONE): OptionsSpec => ({
  union: 21,
  fields: [{ int8: activation }],
});
export const mean = (keep: number): OptionsSpec => ({ union: 27, fields: [{ int8: keep }] });

/** A network whose operators each read the value before them and constants of their own. */
export interface ChainLink {
  name: string;
  /** Shape of the output. */
  shape: number[];
  constants?: TensorSpec[];
  options?: OptionsSpec;
}

/** Tensor 0 is the input; each link adds its constants and then its output. */
export function chain(input: TensorSpec | number[], links: ChainLink[]): TfliteSpec {
  const tensors: TensorSpec[] = [Array.isArray(input) ? { shape: input } : input];
  const operators: OperatorSpec[] = [];
  let value = 0;
  for (const { name, shape, constants = [], options } of links) {
    const first = tensors.length;
    const output = first + constants.length;
    const inputs = [value, ...constants.map((_, index) => first + index)];
    tensors.push(...constants, { shape });
    operators.push({ name, inputs, outputs: [output], ...(options ? { options } : {}) });
    value = output;
  }
  return { tensors, operators, inputs: [0], outputs: [value] };
}
