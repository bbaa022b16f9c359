import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { ServiceError } from "../../lib/service_error.ts";
import { packSeries } from "../../models/series_input.ts";

const INPUT = { channels: 2, stepsMax: 3 };

function refusal(rows: unknown): string {
  const error = assertThrows(() => packSeries(rows, INPUT), ServiceError);
  assertEquals(error.code, "invalid_value");
  return error.message;
}

Deno.test("packSeries() packs rows up to the longest series", () => {
  assertEquals(packSeries([[1, 2]], INPUT), Float32Array.of(1, 2));
  assertEquals(packSeries([[1, 2], [3, 4], [5, -6]], INPUT), Float32Array.of(1, 2, 3, 4, 5, -6));
});

Deno.test("packSeries() states the rule and the value found", () => {
  assertStringIncludes(refusal([]), "1 to 3 steps: current number is 0");
  assertStringIncludes(refusal(Array(4).fill([1, 2])), "current number is 4");
  assertStringIncludes(refusal([[1, 2], [3]]), "2 numbers: row 1 has 1");
  assertStringIncludes(refusal([[1, 2, 3]]), "row 0 has 3");
  assertStringIncludes(refusal([1, 2]), "row 0 has 1");
  assertStringIncludes(refusal("text"), 'list of rows: found "text"');
  for (
    const [value, found] of [[NaN, "NaN"], [Infinity, "Infinity"], [1e39, "1e+39"], ["1", '"1"'], [
      null,
      "null",
    ]]
  ) {
    assertStringIncludes(refusal([[0, 0], [0, value]]), `row 1, channel 1 is ${found}`);
  }
});
