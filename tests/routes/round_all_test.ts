import { assertEquals } from "@std/assert";
import { roundAll } from "../../routes/round_all.ts";

Deno.test("roundAll() keeps two places and the order", () => {
  const rounded = roundAll({ b: 1.23456, a: 0.004, c: 7 });
  assertEquals(Object.entries(rounded), [["b", 1.23], ["a", 0], ["c", 7]]);
});
