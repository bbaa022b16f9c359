import { assertEquals, assertThrows } from "@std/assert";
import {
  decodeSeries,
  decodeVector,
  encodeSeries,
  encodeVector,
} from "../../../lib/datasets/encode_values.ts";
import { ServiceError } from "../../../lib/service_error.ts";

Deno.test("encodeVector() writes float32 little endian", () => {
  // 1 is 0x3f800000 and -2 is 0xc0000000 in IEEE 754.
  const bytes = encodeVector([1, -2]);
  assertEquals(bytes, new Uint8Array([0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0]));
  assertEquals(decodeVector(bytes), new Float32Array([1, -2]));
});

Deno.test("decodeVector() reads bytes at any address", () => {
  const bytes = new Uint8Array(9);
  bytes.set(encodeVector([1, -2]), 1);
  assertEquals(decodeVector(bytes.subarray(1)), new Float32Array([1, -2]));
});

Deno.test("encodeSeries() keeps steps and channels", () => {
  assertEquals(encodeSeries([1]), new Uint8Array([1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0x80, 0x3f]));
  assertEquals(decodeSeries(encodeSeries([1, 2, 3])), {
    steps: 3,
    channels: 1,
    values: new Float32Array([1, 2, 3]),
  });
  assertEquals(decodeSeries(encodeSeries([[1, 2], [3, 4], [5, 6]])), {
    steps: 3,
    channels: 2,
    values: new Float32Array([1, 2, 3, 4, 5, 6]),
  });
});

Deno.test("encodeVector() and encodeSeries() refuse what is no list of finite numbers", () => {
  for (const values of [[], [1, NaN], [1, null], ["1"], [1e39], [Infinity], [true]]) {
    assertEquals(assertThrows(() => encodeVector(values), ServiceError).code, "invalid_sample");
    assertEquals(assertThrows(() => encodeSeries(values), ServiceError).code, "invalid_sample");
  }
  for (const rows of [[[1, 2], [3]], [[]], [[1], [[2]]]]) {
    assertEquals(assertThrows(() => encodeSeries(rows), ServiceError).code, "invalid_sample");
  }
});

Deno.test("encodeVector() shows the beginning of a value that is no number", () => {
  const long = "x".repeat(1_000_000);
  for (const [value, shown] of [[long, `"${"x".repeat(39)}`], [[long], `["${"x".repeat(38)}`]]) {
    const error = assertThrows(() => encodeVector([1, value]), ServiceError);
    assertEquals(
      error.message,
      `Cannot read sample as value 2 must be a finite number: ${shown}`,
    );
  }
});

Deno.test("decodeSeries() refuses other bytes", () => {
  for (const bytes of [new Uint8Array(), new Uint8Array(8), encodeSeries([1, 2]).slice(0, -4)]) {
    assertThrows(() => decodeSeries(bytes), RangeError, "Cannot decode series");
  }
});
