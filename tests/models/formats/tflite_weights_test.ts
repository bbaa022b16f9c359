import { assertEquals, assertThrows } from "@std/assert";
import type { TfliteTensor } from "../../../models/formats/tflite_reader.ts";
import { dequantizeTensor, readIntegers } from "../../../models/formats/tflite_weights.ts";

type Data = Float32Array | Uint16Array | Uint8Array | Int8Array | Int16Array | Int32Array;

function createTensor(
  type: TfliteTensor["type"],
  data: Data | BigInt64Array,
  rest: Partial<TfliteTensor> = {},
): TfliteTensor {
  // One byte off, as the data in a file need not be aligned.
  const bytes = new Uint8Array(data.byteLength + 1);
  bytes.set(new Uint8Array(data.buffer), 1);
  const shape = [data.length];
  return { shape, type, data: bytes.subarray(1), quantization: undefined, ...rest };
}

function values(tensor: TfliteTensor): number[] {
  return Array.from(dequantizeTensor(tensor).values);
}

Deno.test("dequantizeTensor() copies float32 and widens float16", () => {
  assertEquals(values(createTensor("float32", new Float32Array([1.5, -2]))), [1.5, -2]);
  // 1, -2, the largest, the smallest subnormal, infinity, not a number.
  const bits = new Uint16Array([0x3c00, 0xc000, 0x7bff, 0x0001, 0x7c00, 0x7e00, 0]);
  const expected = [1, -2, 65504, 2 ** -24, Infinity, NaN, 0];
  assertEquals(values(createTensor("float16", bits)), expected);
});

Deno.test("dequantizeTensor() scales integers of every width with one scale", () => {
  const quantization = { scales: [0.5], zeroPoints: [2], axis: 0 };
  assertEquals(values(createTensor("uint8", new Uint8Array([0, 255]), { quantization })), [
    -1,
    126.5,
  ]);
  assertEquals(values(createTensor("int8", new Int8Array([-128, 2]), { quantization })), [-65, 0]);
  assertEquals(values(createTensor("int16", new Int16Array([-300]), { quantization })), [-151]);
  assertEquals(values(createTensor("int32", new Int32Array([70002]), { quantization })), [35000]);
});

Deno.test("dequantizeTensor() scales along the first, a middle and the last axis", () => {
  const data = Int8Array.from({ length: 8 }, () => 1);
  const shape = [2, 2, 2];
  const scaled = (axis: number) => {
    const quantization = { scales: [1, 10], zeroPoints: [0, 0], axis };
    return values(createTensor("int8", data, { shape, quantization }));
  };
  assertEquals(scaled(0), [1, 1, 1, 1, 10, 10, 10, 10]);
  assertEquals(scaled(1), [1, 1, 10, 10, 1, 1, 10, 10]);
  assertEquals(scaled(2), [1, 10, 1, 10, 1, 10, 1, 10]);
});

Deno.test("dequantizeTensor() throws where data, shape, type and scales do not fit", () => {
  const data = new Int8Array(6);
  const quantization = { scales: [1], zeroPoints: [0], axis: 0 };
  const wrong: [Partial<TfliteTensor>, string][] = [
    [{ shape: [7], quantization }, "has 6 bytes of data"],
    [{ shape: [-2, -3], quantization }, "has 6 bytes of data"],
    [{ type: "unknown", quantization }, "has 6 bytes of data"],
    [{}, "has no scale"],
    [{ shape: [2, 3], quantization: { ...quantization, scales: [1, 2, 3] } }, "has 3 scales"],
    [{ shape: [2, 3], quantization: { ...quantization, scales: [1, 2], axis: 5 } }, "axis 5"],
  ];
  for (const [rest, message] of wrong) {
    assertThrows(() => dequantizeTensor(createTensor("int8", data, rest)), SyntaxError, message);
  }
  const int64 = createTensor("int64", new BigInt64Array(2), { quantization });
  assertThrows(() => dequantizeTensor(int64), SyntaxError, "must not have the type int64");
});

Deno.test("readIntegers() reads int32 and int64, and throws for other types", () => {
  assertEquals(readIntegers(createTensor("int32", new Int32Array([1, -2]))), [1, -2]);
  assertEquals(readIntegers(createTensor("int64", new BigInt64Array([1n, -2n]))), [1, -2]);
  assertThrows(
    () => readIntegers(createTensor("int8", new Int8Array(1))),
    SyntaxError,
    "found int8",
  );
});
