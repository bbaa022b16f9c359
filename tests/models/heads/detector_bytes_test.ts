import { assertEquals, assertThrows } from "@std/assert";
import { ServiceError } from "../../../lib/service_error.ts";
import { decodeDetector, encodeDetector } from "../../../models/heads/detector_bytes.ts";
import type { ClassDirections } from "../../../models/heads/score_unknown.ts";

const CLASSES: ClassDirections = {
  threshold: 0.1,
  mean: Float32Array.of(1, 2, -3),
  factor: Float32Array.of(0.5, 0, 4),
  directions: Float32Array.of(1, 0, 0, 0, -1, 0),
};

Deno.test("decodeDetector() reads what encodeDetector() writes, to the bit", () => {
  const bytes = encodeDetector(CLASSES);
  assertEquals(bytes.length, 24 + (3 + 3 + 6) * 4);
  assertEquals(decodeDetector(bytes), CLASSES);
  assertEquals(encodeDetector(decodeDetector(bytes)), bytes);
  const shifted = new Uint8Array(bytes.length + 1);
  shifted.set(bytes, 1);
  assertEquals(decodeDetector(shifted.subarray(1)), CLASSES);
});

Deno.test("encodeDetector() refuses what could not be used", () => {
  const faults: [Partial<ClassDirections>, string][] = [
    [{ threshold: NaN }, "not finite"],
    [{ mean: new Float32Array() }, "must be [classes, 0]"],
    [{ factor: new Float32Array(2) }, "2 factors"],
    [{ directions: new Float32Array(4) }, "found 4 numbers"],
    [{ directions: new Float32Array() }, "found 0 numbers"],
    [{ directions: new Float32Array(3).fill(Infinity) }, "not finite"],
  ];
  for (const [fault, message] of faults) {
    assertThrows(() => encodeDetector({ ...CLASSES, ...fault }), TypeError, message);
  }
});

Deno.test("decodeDetector() refuses bytes that are cut, changed or of another kind", () => {
  const bytes = encodeDetector(CLASSES);
  const change = (at: number, value: number) => {
    const changed = bytes.slice();
    new DataView(changed.buffer).setUint32(at, value, true);
    return changed;
  };
  const faults: [Uint8Array, string][] = [
    [new Uint8Array(), "LLUD"],
    [bytes.subarray(0, 23), "LLUD"],
    [bytes.subarray(1), "LLUD"],
    [bytes.subarray(0, bytes.length - 1), "must have 72 bytes"],
    [change(4, 2), "version must be 1: found 2"],
    [change(8, 0xffffffff), "bytes"],
    [change(12, 0), "bytes"],
    [change(24, 0x7fc00000), "not finite"],
  ];
  for (const [changed, message] of faults) {
    const error = assertThrows(() => decodeDetector(changed), ServiceError, message);
    assertEquals(error.code, "model_unusable");
  }
});
