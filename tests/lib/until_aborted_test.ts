import { assertEquals, assertRejects } from "@std/assert";
import { untilAborted } from "../../lib/until_aborted.ts";

Deno.test("untilAborted() gives what the promise gives", async () => {
  const { signal } = new AbortController();
  assertEquals(await untilAborted(Promise.resolve("done"), signal), "done");
  await assertRejects(() => untilAborted(Promise.reject(new Error("no")), signal), Error, "no");
});

Deno.test("untilAborted() does not wait longer than its signal", async () => {
  const controller = new AbortController();
  const waiting = untilAborted(new Promise(() => {}), controller.signal);
  controller.abort(new Error("gone"));
  await assertRejects(() => waiting, Error, "gone");
  await assertRejects(() => untilAborted(Promise.resolve(1), controller.signal), Error, "gone");
});
