import { assertEquals } from "@std/assert";
import { toPage } from "../../../lib/storage/page.ts";

Deno.test("toPage() says whether rows beyond the limit were found", () => {
  assertEquals(toPage([1, 2, 3], 2), { items: [1, 2], hasMore: true });
  assertEquals(toPage([1, 2], 2), { items: [1, 2], hasMore: false });
  assertEquals(toPage([], 2), { items: [], hasMore: false });
});
