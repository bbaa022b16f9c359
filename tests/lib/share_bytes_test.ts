import { assert, assertEquals } from "@std/assert";
import { shareBytes } from "../../lib/share_bytes.ts";

Deno.test("shareBytes() copies what the view shows, and no more", () => {
  const bytes = Uint8Array.of(1, 2, 3, 4).subarray(1, 3);
  const shared = shareBytes(bytes);
  bytes[0] = 9;
  assert(shared.buffer instanceof SharedArrayBuffer);
  assertEquals([...shared], [2, 3]);
  assertEquals(shared.buffer.byteLength, 2);
  assertEquals(shareBytes(new Uint8Array()).length, 0);
});
