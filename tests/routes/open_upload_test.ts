import { assertEquals, assertRejects } from "@std/assert";
import { Hono } from "hono";
import { ServiceError } from "../../lib/service_error.ts";
import type { AppEnv } from "../../routes/app_env.ts";
import { openUpload } from "../../routes/open_upload.ts";

/** Reads the upload of a request as text, with its type. */
async function read(init: RequestInit): Promise<[string, string]> {
  let result: [string, string] | undefined;
  let failure: unknown;
  const app = new Hono<AppEnv>().post("/", async (context) => {
    try {
      const { body, contentType } = openUpload(context);
      result = [await new Response(body as BodyInit).text(), contentType];
    } catch (error) {
      failure = error;
    }
    return context.body(null, 204);
  });
  await app.request("/", { method: "POST", ...init });
  if (result) return result;
  throw failure;
}

Deno.test("openUpload() gives the body and its type", async () => {
  assertEquals(await read({ body: "abc", headers: { "Content-Type": "text/csv" } }), [
    "abc",
    "text/csv",
  ]);
  assertEquals(await read({}), ["", ""]);
});

Deno.test("openUpload() refuses a compressed body", async () => {
  const error = await assertRejects(
    () => read({ body: "abc", headers: { "Content-Encoding": "gzip" } }),
    ServiceError,
  );
  assertEquals(error.code, "unsupported_media_type");
});

Deno.test("openUpload() tells a body that breaks off from a client that goes away", async () => {
  for (
    const [error, code] of [
      [new TypeError("unexpected end"), "malformed_request"],
      [Object.assign(new Error("aborted"), { code: "ECONNRESET" }), "client_closed_request"],
    ] as const
  ) {
    const body = new ReadableStream({ pull: (controller) => controller.error(error) });
    const found = await assertRejects(() => read({ body }), ServiceError);
    assertEquals(found.code, code);
  }
});
