import { assertEquals } from "@std/assert";
import { Hono } from "hono";
import type { AppEnv } from "../../routes/app_env.ts";
import { isClientGone } from "../../routes/client_gone.ts";

async function ask(error: unknown, signal?: AbortSignal): Promise<boolean> {
  let answer = false;
  const app = new Hono<AppEnv>().get("/", (context) => {
    answer = isClientGone(error, context);
    return context.body(null);
  });
  await app.request("/", signal ? { signal } : {});
  return answer;
}

Deno.test("isClientGone() knows a connection that broke off", async () => {
  assertEquals(await ask(Object.assign(new Error("aborted"), { code: "ECONNRESET" })), true);
});

Deno.test("isClientGone() takes any error for it once the request is aborted", async () => {
  assertEquals(await ask(new Error("body"), AbortSignal.abort()), true);
});

Deno.test("isClientGone() leaves other errors alone", async () => {
  assertEquals(await ask(new Error("bug")), false);
  assertEquals(await ask("text"), false);
});
