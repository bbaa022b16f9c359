import { assertEquals, assertThrows } from "@std/assert";
import { readFloats, writeFloats } from "../../lib/float32_bytes.ts";

Deno.test("writeFloats() writes little endian, and readFloats() reads it back", () => {
  const view = new DataView(new ArrayBuffer(10), 1);
  assertEquals(writeFloats(view, 1, Float32Array.of(1, -0.5)), 9);
  assertEquals([...new Uint8Array(view.buffer)], [0, 0, 0, 0, 128, 63, 0, 0, 0, 191]);
  assertEquals(readFloats(view, 1, 2), Float32Array.of(1, -0.5));
  assertEquals(readFloats(view, 1, 0).length, 0);
});

Deno.test("writeFloats() and readFloats() throw where the view ends", () => {
  const view = new DataView(new ArrayBuffer(7));
  assertThrows(() => writeFloats(view, 0, [1, 2]), RangeError);
  assertThrows(() => readFloats(view, 0, 2), RangeError);
});
