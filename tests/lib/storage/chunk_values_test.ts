import { assertEquals } from "@std/assert";
import { chunkValues } from "../../../lib/storage/chunk_values.ts";

Deno.test("chunkValues() keeps every value in its order", () => {
  assertEquals(chunkValues([]), []);
  assertEquals(chunkValues([1, 2, 3, 4], 2), [[1, 2], [3, 4]]);
  assertEquals(chunkValues([1, 2, 3, 4, 5], 2), [[1, 2], [3, 4], [5]]);
});
