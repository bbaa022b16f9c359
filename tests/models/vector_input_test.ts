import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { ServiceError } from "../../lib/service_error.ts";
import { packVector } from "../../models/vector_input.ts";

const INPUT = { length: 2 };

function refusal(numbers: unknown): string {
  const error = assertThrows(() => packVector(numbers, INPUT), ServiceError);
  assertEquals(error.code, "invalid_value");
  return error.message;
}

Deno.test("packVector() packs as many numbers as the model takes", () => {
  assertEquals(packVector([1, -2.5], INPUT), Float32Array.of(1, -2.5));
});

Deno.test("packVector() states the rule and the value found", () => {
  assertStringIncludes(refusal([1]), "list of 2 numbers: found 1");
  assertStringIncludes(refusal([1, 2, 3]), "found 3");
  assertStringIncludes(refusal("text"), 'found "text"');
  assertStringIncludes(refusal([1, NaN]), "value 1 is NaN");
  assertStringIncludes(refusal([1e39, 1]), "value 0 is 1e+39");
  assertStringIncludes(refusal([1, "1"]), 'value 1 is "1"');
});
