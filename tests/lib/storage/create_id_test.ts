import { assertEquals, assertMatch } from "@std/assert";
import { createId } from "../../../lib/storage/create_id.ts";

Deno.test("createId() starts with the kind and never repeats itself", () => {
  assertMatch(createId("ftjob"), /^ftjob-[0-9a-f]{24}$/);
  const ids = new Set(Array.from({ length: 1000 }, () => createId("sample")));
  assertEquals(ids.size, 1000);
});
