import { assertEquals } from "@std/assert";
import { BUILTIN_OPERATORS, CUSTOM_OPERATOR } from "../../../models/formats/tflite_schema.ts";

Deno.test("BUILTIN_OPERATORS has the names at the numbers of the schema", () => {
  const known = { ADD: 0, CUSTOM: 32, PAD: 34, MEAN: 40, TRANSPOSE_CONV: 67, RANK: 110 };
  for (const [name, value] of Object.entries({ ...known, HARD_SWISH: 117, BATCH_MATMUL: 126 })) {
    assertEquals(BUILTIN_OPERATORS[value], name);
  }
  assertEquals(BUILTIN_OPERATORS[CUSTOM_OPERATOR], "CUSTOM");
  assertEquals(BUILTIN_OPERATORS.length, 127);
});
