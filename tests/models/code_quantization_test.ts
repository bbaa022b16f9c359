import { assert, assertEquals } from "@std/assert";
import { dequantizeCode, quantizeCode } from "../../models/code_quantization.ts";

const RANGE = { low: [-1, 0, 10], high: [1, 5, 20] };

Deno.test("quantizeCode() reaches both ends and cuts off what lies outside", () => {
  assertEquals([...quantizeCode([-1, 5, 15], RANGE)], [0, 255, 128]);
  assertEquals([...quantizeCode([-9, 99, 10], RANGE)], [0, 255, 0]);
});

Deno.test("dequantizeCode() is off by half a step at most", () => {
  const code = [0.123, 4.567, 12.345];
  const back = dequantizeCode(quantizeCode(code, RANGE), RANGE);
  for (const [i, value] of code.entries()) {
    const step = ((RANGE.high[i] ?? 0) - (RANGE.low[i] ?? 0)) / 255;
    assert(Math.abs(value - (back[i] ?? NaN)) <= step / 2 + 1e-6);
  }
});
