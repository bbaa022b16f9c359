import { assertEquals, assertThrows } from "@std/assert";
import { ServiceError } from "../../../lib/service_error.ts";
import { decodeDetector, encodeDetector } from "../../../models/training/detector_bytes.ts";

const DETECTOR = {
  temperature: 1.1,
  threshold: 0.7,
  mean: Float32Array.of(1, 2),
  factor: Float32Array.of(3, 4),
  directions: Float32Array.of(1, 0, 0, 1, 0.6, 0.8),
};

Deno.test("decodeDetector() reads what encodeDetector() wrote, to the bit", () => {
  const bytes = encodeDetector(DETECTOR);
  assertEquals(decodeDetector(bytes), DETECTOR);
  // Also where it lies at an address that float32 cannot have.
  const shifted = new Uint8Array([0, ...bytes]).subarray(1);
  assertEquals(decodeDetector(shifted), DETECTOR);
});

Deno.test("decodeDetector() refuses what is broken", () => {
  const bytes = encodeDetector(DETECTOR);
  const change = (at: number, value: number) => bytes.with(at, value) as Uint8Array<ArrayBuffer>;
  const cases: [Uint8Array, string][] = [
    [new Uint8Array(), "must start with"],
    [change(0, 0), "must start with"],
    [change(4, 2), "version must be 1: found 2"],
    [change(12, 255), "bytes: found"],
    [bytes.subarray(0, bytes.length - 1), "bytes: found"],
    [encodeDetector({ ...DETECTOR, mean: Float32Array.of(NaN, 0) }), "not finite"],
  ];
  for (const [broken, message] of cases) {
    const error = assertThrows(() => decodeDetector(broken), ServiceError, message);
    assertEquals(error.code, "model_unusable");
  }
});
