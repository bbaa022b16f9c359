import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { ServiceError } from "../../lib/service_error.ts";
import { readSeriesBytes } from "../../models/series_bytes.ts";

const INPUT = { channels: 2, stepsMax: 3 };

/** By `DataView`, so that the byte order is stated. */
function write(...values: number[]): Uint8Array<ArrayBuffer> {
  const view = new DataView(new ArrayBuffer(values.length * 4));
  values.forEach((value, index) => view.setFloat32(index * 4, value, true));
  return new Uint8Array(view.buffer);
}

function refusal(bytes: Uint8Array<ArrayBuffer>, shape?: number[]): string {
  const error = assertThrows(
    () => readSeriesBytes(bytes, INPUT, shape ? { shape } : {}),
    ServiceError,
  );
  assertEquals(error.code, "invalid_value");
  return error.message;
}

Deno.test("readSeriesBytes() reads little endian numbers up to the longest series", () => {
  assertEquals(readSeriesBytes(write(1, -2.5), INPUT, { shape: [1, 2] }), Float32Array.of(1, -2.5));
  const longest = [1, 2, 3, 4, 5, 6];
  assertEquals(
    readSeriesBytes(write(...longest), INPUT, { shape: [3, 2] }),
    Float32Array.from(longest),
  );
  assertEquals(readSeriesBytes(write(...longest), INPUT), Float32Array.from(longest));
});

Deno.test("readSeriesBytes() copies bytes only where they lie askew in their memory", () => {
  const bytes = write(0, 1, 2);
  const view = readSeriesBytes(bytes.subarray(4), INPUT, { shape: [1, 2] });
  assertEquals([view.buffer === bytes.buffer, [...view]], [true, [1, 2]]);
  const shifted = new Uint8Array(9);
  shifted.set(write(1, 2), 1);
  assertEquals(
    readSeriesBytes(shifted.subarray(1), INPUT, { shape: [1, 2] }),
    Float32Array.of(1, 2),
  );
});

Deno.test("readSeriesBytes() states the rule and the value found", () => {
  const row = write(1, 2);
  assertStringIncludes(refusal(row, [2, 1]), "shape must be steps,2: found 2,1");
  assertStringIncludes(refusal(row, [2]), "shape must be steps,2: found 2");
  assertStringIncludes(refusal(row, [1, 1, 2]), "shape must be steps,2: found 1,1,2");
  assertStringIncludes(refusal(row, [2, 2]), "must have 16 bytes for the shape 2,2: it has 8");
  assertStringIncludes(refusal(write(1, 2, 3)), "step must have 8 bytes: there are 12 in all");
  assertStringIncludes(refusal(write(), [0, 2]), "1 to 3 steps: current number is 0");
  assertStringIncludes(refusal(write()), "1 to 3 steps: current number is 0");
  assertStringIncludes(refusal(write(...Array(8).fill(0)), [4, 2]), "current number is 4");
  for (const value of [NaN, Infinity, -Infinity]) {
    assertStringIncludes(refusal(write(0, 0, 0, value), [2, 2]), `row 1, channel 1 is ${value}`);
  }
});
