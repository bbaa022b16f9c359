import { assert, assertEquals, assertThrows } from "@std/assert";
import { parseNumberRows } from "../../lib/parse_number_rows.ts";
import { ServiceError } from "../../lib/service_error.ts";

const parse = (text: string) => parseNumberRows(text, { numbersMax: 6 });

Deno.test("parseNumberRows() reads rows with either line end and spaces", () => {
  assertEquals(parse("1,2\r\n3 , -4.5e-1\n\n"), [[1, 2], [3, -0.45]]);
  assertEquals(parse(".5,+2."), [[0.5, 2]]);
});

Deno.test("parseNumberRows() leaves as it is what is no decimal number", () => {
  const fields = ["a", "", "0x10", "1_000", "Infinity", "1 2"];
  assertEquals(parse(fields.join(", ") + "\r\n"), [fields]);
  // A line in the middle that is empty has one field that is none.
  assertEquals(parse("1\n\n2"), [[1], [""], [2]]);
});

Deno.test("parseNumberRows() gives no rows for text that is empty", () => {
  for (const text of ["", "\n", " \r\n"]) assertEquals(parse(text), []);
});

Deno.test("parseNumberRows() reads a megabyte of digits in milliseconds", () => {
  const started = performance.now();
  const digits = `${"9".repeat(1_000_000)}x`;
  assert(parse(digits)[0]?.[0] === digits);
  assert(performance.now() - started < 1_000);
});

Deno.test("parseNumberRows() refuses more fields than allowed before it reads any", () => {
  assertEquals(parse("1,2,3\n4,5,6"), [[1, 2, 3], [4, 5, 6]]);
  for (const text of ["1,2,3\n4,5,6\n7", `${"\n".repeat(5_000_000)}1`, ",".repeat(5_000_000)]) {
    const started = performance.now();
    const error = assertThrows(() => parse(text), ServiceError, "at most 6 numbers");
    assertEquals(error.code, "invalid_value");
    assert(performance.now() - started < 500);
  }
});
