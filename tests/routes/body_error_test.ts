import { assertEquals } from "@std/assert";
import { Hono } from "hono";
import { ServiceError } from "../../lib/service_error.ts";
import type { AppEnv } from "../../routes/app_env.ts";
import { toBodyError } from "../../routes/body_error.ts";

async function ask(error: unknown, signal?: AbortSignal): Promise<[code: string, text: string]> {
  let answer: [string, string] = ["", ""];
  const app = new Hono<AppEnv>().get("/", (context) => {
    const { code, message } = toBodyError(error, context);
    answer = [code, message];
    return context.body(null);
  });
  await app.request("/", signal ? { signal } : {});
  return answer;
}

Deno.test("toBodyError() knows a connection that broke off", async () => {
  for (const code of ["ECONNRESET", "ABORT_ERR"]) {
    const [found] = await ask(Object.assign(new Error("aborted"), { code }));
    assertEquals(found, "client_closed_request");
  }
});

Deno.test("toBodyError() takes any error for it once the request is aborted", async () => {
  assertEquals((await ask(new Error("body"), AbortSignal.abort()))[0], "client_closed_request");
});

Deno.test("toBodyError() gives the reason of other errors", async () => {
  const message = "Cannot read the body: bad chunk";
  assertEquals(await ask(new Error("bad chunk")), ["malformed_request", message]);
  assertEquals(await ask("bad chunk"), ["malformed_request", message]);
});

Deno.test("toBodyError() leaves a ServiceError as it is", async () => {
  assertEquals(await ask(new ServiceError("body_too_large", "large")), ["body_too_large", "large"]);
});
