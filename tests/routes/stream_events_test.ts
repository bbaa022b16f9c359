import { assertEquals } from "@std/assert";
import { Hono } from "hono";
import type { AppEnv } from "../../routes/app_env.ts";
import { requestSignal } from "../../routes/request_signal.ts";
import { streamEvents } from "../../routes/stream_events.ts";

function createApp(source: (signal: AbortSignal) => AsyncIterable<string>, timeoutMs = 5_000) {
  const ended = { count: 0 };
  const app = new Hono<AppEnv>()
    .use(requestSignal(() => timeoutMs))
    .get("/", (context) => streamEvents(context, source, () => void ended.count++));
  return { app, ended };
}

Deno.test("streamEvents() sends each value and ends once", async () => {
  const { app, ended } = createApp(async function* () {
    yield "a";
    yield "b";
  });
  const response = await app.request("/");
  assertEquals(await response.text(), "data: a\n\ndata: b\n\n");
  assertEquals(ended.count, 1);
});

Deno.test("streamEvents() hides what an unexpected error says", async () => {
  const { app, ended } = createApp(async function* () {
    yield "a";
    throw new Error("secret");
  });
  const text = await (await app.request("/")).text();
  assertEquals(text.startsWith("data: a\n\nevent: error\ndata: {"), true);
  assertEquals([text.includes("secret"), text.includes("internal_error")], [false, true]);
  assertEquals(ended.count, 1);
});

Deno.test("streamEvents() ends the source when nobody reads until the deadline", async () => {
  let given = 0;
  const { app, ended } = createApp(async function* () {
    for (;;) {
      given++;
      yield "x".repeat(1000);
    }
  }, 50);
  const response = await app.request("/");
  for (let attempt = 0; ended.count === 0 && attempt < 100; attempt++) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  assertEquals(ended.count, 1);
  assertEquals(given < 20, true, `${given} events were made for nobody`);
  await response.body?.cancel();
});
