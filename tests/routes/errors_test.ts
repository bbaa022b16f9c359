import { assert, assertEquals } from "@std/assert";
import { Hono } from "hono";
import { requestId } from "hono/request-id";
import { ERROR_CODES, ServiceError } from "../../lib/service_error.ts";
import type { AppEnv } from "../../routes/app_env.ts";
import { handleError, handleNotFound, STATUS_BY_CODE } from "../../routes/errors.ts";

function throwing(error: Error) {
  const app = new Hono<AppEnv>().use(requestId()).get("/", () => {
    throw error;
  });
  app.onError(handleError);
  app.notFound(handleNotFound);
  return app;
}

Deno.test("handleError() gives each code its status", async () => {
  for (const code of ERROR_CODES) {
    const response = await throwing(new ServiceError(code, "message")).request("/");
    const body = await response.json();
    assertEquals([response.status, body.code, body.error], [STATUS_BY_CODE[code], code, "message"]);
    assert(body.request_id.length > 0);
  }
});

Deno.test("handleError() sends Retry-After where the error knows it", async () => {
  const error = new ServiceError("queue_full", "full", { retryAfterSeconds: 7 });
  const response = await throwing(error).request("/");
  assertEquals(response.headers.get("Retry-After"), "7");
});

Deno.test("handleError() answers 500 without details for anything else", async () => {
  const response = await throwing(new Error("secret")).request("/");
  const text = await response.text();
  assertEquals([response.status, text.includes("secret")], [500, false]);
});

Deno.test("handleError() says when the disk is full", async () => {
  const error = Object.assign(new Error("secret"), { code: "ENOSPC" });
  const response = await throwing(error).request("/");
  const { code, error: message } = await response.json();
  assertEquals([response.status, code, message.includes("secret")], [507, "storage_full", false]);
});

Deno.test("handleError() tells a database that is away from a client that is", async () => {
  const lost = Object.assign(new Error("read ECONNRESET"), { code: "ECONNRESET" });
  const gone = { signal: AbortSignal.abort() };
  for (
    const [error, options, status] of [[lost, {}, 503], [lost, gone, 503], [
      new Error(),
      gone,
      499,
    ]] as const
  ) {
    const response = await throwing(error).request("/", options);
    assertEquals(response.status, status);
  }
});

Deno.test("handleNotFound() names the path", async () => {
  const response = await throwing(new Error()).request("/nowhere");
  const { error, code } = await response.json();
  assertEquals([response.status, code, error.includes("/nowhere")], [404, "not_found", true]);
});
