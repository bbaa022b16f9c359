import { assert, assertEquals } from "@std/assert";
import { parseNumberRows } from "../../lib/parse_number_rows.ts";

Deno.test("parseNumberRows() reads rows with either line end and spaces", () => {
  assertEquals(parseNumberRows("1,2\r\n3 , -4.5e-1\n\n"), [[1, 2], [3, -0.45]]);
  assertEquals(parseNumberRows(".5,+2."), [[0.5, 2]]);
});

Deno.test("parseNumberRows() gives NaN for what is no decimal number", () => {
  assertEquals(parseNumberRows("a,,0x10,1_000,Infinity,1 2"), [Array(6).fill(NaN)]);
  // A line in the middle that is empty has one field that is none.
  assertEquals(parseNumberRows("1\n\n2"), [[1], [NaN], [2]]);
});

Deno.test("parseNumberRows() gives no rows for text that is empty", () => {
  for (const text of ["", "\n", " \r\n"]) assertEquals(parseNumberRows(text), []);
});

Deno.test("parseNumberRows() reads a megabyte of digits in milliseconds", () => {
  const started = performance.now();
  assertEquals(parseNumberRows(`${"9".repeat(1_000_000)}x`), [[NaN]]);
  assert(performance.now() - started < 1_000);
});
