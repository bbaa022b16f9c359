import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { ServiceError } from "../../lib/service_error.ts";
import { readShape } from "../../routes/shape_header.ts";

Deno.test("readShape() reads one length for each axis", () => {
  assertEquals(readShape("29,12"), [29, 12]);
  assertEquals(readShape("0, 12"), [0, 12]);
  assertEquals(readShape("7"), [7]);
});

Deno.test("readShape() refuses what is no list of whole numbers, with what it found", () => {
  const cases: [string | undefined, string][] = [
    [undefined, "missing"],
    ["", '""'],
    ["29,", '"29,"'],
    ["-1,12", '"-1,12"'],
    ["1e9,12", '"1e9,12"'],
    ["29x12", '"29x12"'],
    ["9".repeat(100), '"' + "9".repeat(60) + '"'],
  ];
  for (const [text, found] of cases) {
    const error = assertThrows(() => readShape(text), ServiceError);
    assertEquals([error.code, error.param], ["invalid_value", "X-Shape"]);
    assertStringIncludes(error.message, found);
  }
});
