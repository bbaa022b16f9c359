import type { Weight } from "./graph.ts";
import { sizeOf } from "./graph_shapes.ts";
import type { TfliteTensor } from "./tflite_reader.ts";
import { TENSOR_TYPE_BYTES } from "./tflite_schema.ts";

/**
 * Turns a constant of a TensorFlow Lite file into float32: quantised integers (per tensor or per
 * channel) and float16 are converted, float32 is copied.
 *
 * @throws {SyntaxError} if its data does not fill its shape, or its type has no real values
 */
export function dequantizeTensor(tensor: TfliteTensor): Weight {
  const { shape, type } = tensor;
  const buffer = copyData(tensor);
  switch (type) {
    case "float32":
      return { shape, values: new Float32Array(buffer) };
    case "float16":
      return { shape, values: Float32Array.from(new Uint16Array(buffer), float16ToNumber) };
    case "uint8":
      return { shape, values: scaleIntegers(new Uint8Array(buffer), tensor) };
    case "int8":
      return { shape, values: scaleIntegers(new Int8Array(buffer), tensor) };
    case "int16":
      return { shape, values: scaleIntegers(new Int16Array(buffer), tensor) };
    case "int32":
      return { shape, values: scaleIntegers(new Int32Array(buffer), tensor) };
    default:
      throw new SyntaxError(`a weight must not have the type ${type}`);
  }
}

/**
 * Reads a small constant of integers, such as axes or paddings.
 *
 * @throws {SyntaxError} if its data does not fill its shape, or it does not hold integers
 */
export function readIntegers(tensor: TfliteTensor): number[] {
  const buffer = copyData(tensor);
  if (tensor.type === "int32") return Array.from(new Int32Array(buffer));
  if (tensor.type === "int64") return Array.from(new BigInt64Array(buffer), Number);
  throw new SyntaxError(`axes and paddings must be int32 or int64: found ${tensor.type}`);
}

/** Copied, since in the file the data need not be aligned to its element size. */
function copyData({ shape, type, data }: TfliteTensor): ArrayBuffer {
  const bytes = type === "unknown" ? NaN : TENSOR_TYPE_BYTES[type] * sizeOf(shape);
  if (data.length !== bytes || shape.some((size) => size < 1)) {
    throw new SyntaxError(
      `a constant of shape [${shape.join(", ")}] and type ${type} has ${data.length} bytes of data`,
    );
  }
  return data.slice().buffer as ArrayBuffer;
}

/** Values that stand side by side and share one scale are scaled in one go. */
function scaleIntegers(
  stored: Uint8Array | Int8Array | Int16Array | Int32Array,
  { shape, type, quantization }: TfliteTensor,
): Float32Array<ArrayBuffer> {
  if (quantization === undefined) throw new SyntaxError(`a weight of type ${type} has no scale`);
  const { scales, zeroPoints, axis } = quantization;
  if (scales.length > 1 && shape[axis] !== scales.length) {
    throw new SyntaxError(
      `axis ${axis} of a weight of shape [${shape.join(", ")}] has ${scales.length} scales`,
    );
  }
  const values = new Float32Array(stored.length);
  const run = scales.length > 1 ? sizeOf(shape.slice(axis + 1)) : stored.length;
  for (let start = 0; start < stored.length; start += run) {
    const channel = (start / run) % scales.length;
    const scale = scales[channel] ?? NaN;
    const zeroPoint = zeroPoints[channel] ?? 0;
    for (let i = start; i < start + run; i++) values[i] = ((stored[i] ?? 0) - zeroPoint) * scale;
  }
  return values;
}

/** IEEE 754 binary16: 1 bit of sign, 5 of exponent, 10 of fraction. */
function float16ToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
