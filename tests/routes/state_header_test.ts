import { assertEquals, assertThrows } from "@std/assert";
import { ServiceError } from "../../lib/service_error.ts";
import { readState } from "../../routes/state_header.ts";

Deno.test("readState() takes what fits into a header", () => {
  assertEquals([readState(undefined), readState("abc")], [undefined, "abc"]);
  assertEquals(readState("a".repeat(15_000))?.length, 15_000);
  const error = assertThrows(() => readState("a".repeat(15_001)), ServiceError, "found 15001");
  assertEquals([error.code, error.param], ["invalid_value", "X-State"]);
});
