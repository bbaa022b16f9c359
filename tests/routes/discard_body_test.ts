import { assertEquals } from "@std/assert";
import { discardBody } from "../../routes/discard_body.ts";

function makeBody(chunks: number) {
  const found = { taken: 0, isCancelled: false };
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (found.taken === chunks) return controller.close();
      found.taken++;
      controller.enqueue(new Uint8Array(10));
    },
    cancel: () => void (found.isCancelled = true),
  }, { highWaterMark: 0 });
  return { body, found };
}

Deno.test("discardBody() reads a body to its end", async () => {
  const { body, found } = makeBody(10);
  await discardBody(body, { bytesMax: 100, timeoutMs: 1000 });
  assertEquals(found, { taken: 10, isCancelled: false });
});

Deno.test("discardBody() cuts off a body that is too long", async () => {
  const { body, found } = makeBody(1000);
  await discardBody(body, { bytesMax: 100, timeoutMs: 1000 });
  assertEquals(found.isCancelled, true);
  assertEquals(found.taken < 20, true, `${found.taken} chunks`);
});

Deno.test("discardBody() cuts off a body that takes too long", async () => {
  const body = new ReadableStream<Uint8Array>({ pull: () => new Promise(() => {}) });
  // The signal's own timer keeps no process alive.
  const timer = setTimeout(() => {}, 10_000);
  await discardBody(body, { bytesMax: 100, timeoutMs: 10 });
  clearTimeout(timer);
  assertEquals(body.locked, false);
});

Deno.test("discardBody() takes no offence at a body that breaks", async () => {
  const body = new ReadableStream<Uint8Array>({ pull: (controller) => controller.error(1) });
  await discardBody(body, { bytesMax: 100, timeoutMs: 1000 });
});
