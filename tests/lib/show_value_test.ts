import { assertEquals } from "@std/assert";
import { showValue } from "../../lib/show_value.ts";

Deno.test("showValue() writes short values as JSON, and numbers that JSON lacks by name", () => {
  const values = ["a\n", true, null, { a: [1] }, 1.5, NaN, -Infinity, undefined];
  const shown = ['"a\\n"', "true", "null", '{"a":[1]}', "1.5", "NaN", "-Infinity", "missing"];
  assertEquals(values.map((value) => showValue(value)), shown);
});

Deno.test("showValue() shows 40 characters of a long value", () => {
  assertEquals(showValue("x".repeat(38), 40), `"${"x".repeat(38)}"`);
  assertEquals(showValue("x".repeat(1_000), 40), `"${"x".repeat(39)}`);
  assertEquals(showValue(Array(1_000).fill(1), 40), `[${"1,".repeat(19)}1`);
});

Deno.test("showValue() cuts no character in half", () => {
  for (const text of ["😀".repeat(40), `a${"😀".repeat(40)}`]) {
    assertEquals(showValue(text, 40).isWellFormed(), true);
    assertEquals(showValue([text], 40).isWellFormed(), true);
  }
});
