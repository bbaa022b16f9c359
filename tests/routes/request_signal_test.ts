import { assertEquals } from "@std/assert";
import { Hono } from "hono";
import { ServiceError } from "../../lib/service_error.ts";
import type { AppEnv } from "../../routes/app_env.ts";
import { handleError } from "../../routes/errors.ts";
import { requestSignal } from "../../routes/request_signal.ts";

function appWith(timeoutMs: number) {
  const reasons: unknown[] = [];
  const app = new Hono<AppEnv>().use(requestSignal(() => timeoutMs))
    .get("/quick", (context) => context.text("done"))
    .get("/endless", (context) => {
      context.var.signal.addEventListener("abort", () => reasons.push(context.var.signal.reason));
      return new Promise<Response>(() => {});
    });
  app.onError(handleError);
  return { app, reasons };
}

function codes(reasons: unknown[]) {
  return reasons.map((reason) => reason instanceof ServiceError && reason.code);
}

Deno.test("requestSignal() lets a request pass that is quick enough", async () => {
  const response = await appWith(1_000).app.request("/quick");
  assertEquals(await response.text(), "done");
});

Deno.test("requestSignal() answers 504 at the deadline and aborts the work", async () => {
  const { app, reasons } = appWith(20);
  const response = await app.request("/endless");
  assertEquals([response.status, (await response.json()).code], [504, "deadline_exceeded"]);
  assertEquals(codes(reasons), ["deadline_exceeded"]);
});

Deno.test("requestSignal() aborts the work when the client goes away", async () => {
  const { app, reasons } = appWith(1_000);
  const client = new AbortController();
  const pending = app.request("/endless", { signal: client.signal });
  client.abort();
  assertEquals((await pending).status, 499);
  assertEquals(codes(reasons), ["client_closed_request"]);
});
