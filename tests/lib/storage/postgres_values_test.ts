import { assertEquals } from "@std/assert";
import { readPostgresValue } from "../../../lib/storage/postgres_values.ts";

Deno.test("readPostgresValue() gives numbers, bytes and text", () => {
  assertEquals(readPostgresValue(20)("1795591037298"), 1795591037298);
  assertEquals(readPostgresValue(1700)("12"), 12);
  assertEquals(readPostgresValue(17)("\\x00ff10"), new Uint8Array([0, 255, 16]));
  assertEquals(readPostgresValue(17)("\\x"), new Uint8Array());
  assertEquals(readPostgresValue(25)("12"), "12");
});
