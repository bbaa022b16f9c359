import { assertEquals, assertRejects } from "@std/assert";
import { Hono } from "hono";
import { readConfig } from "../../lib/config/config.ts";
import { ServiceError } from "../../lib/service_error.ts";
import type { AppEnv } from "../../routes/app_env.ts";
import { handleError } from "../../routes/errors.ts";
import { openUpload } from "../../routes/open_upload.ts";
import { requestSignal } from "../../routes/request_signal.ts";

const LIMITS = readConfig({ BODY_BYTES_MAX: "2000", UPLOADS_BYTES_MAX: "2000" });

/** Reads the upload of a request as text, with its type. */
async function read(init: RequestInit): Promise<[string, string]> {
  let result: [string, string] | undefined;
  let failure: unknown;
  const app = new Hono<AppEnv>().use(requestSignal(() => 1000)).post("/", async (context) => {
    try {
      await using upload = openUpload(context, LIMITS);
      const { body, contentType } = upload;
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

/** How many of a body's chunks of 100 bytes are taken when the first one is enough. */
async function countTaken(chunks: number, { timeoutMs = 1000 } = {}): Promise<number> {
  let taken = 0;
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (taken === chunks) return controller.close();
      taken++;
      controller.enqueue(new Uint8Array(100));
    },
  }, { highWaterMark: 0 });
  const app = new Hono<AppEnv>().use(requestSignal(() => timeoutMs)).post("/", async (context) => {
    await using upload = openUpload(context, LIMITS);
    for await (const _ of upload.body) break;
    if (timeoutMs < 1000) await new Promise((resolve) => setTimeout(resolve, 2 * timeoutMs));
    return context.body(null, 204);
  });
  app.onError(handleError);
  await app.request("/", { method: "POST", body });
  await new Promise((resolve) => setTimeout(resolve, 50));
  return taken;
}

Deno.test("openUpload() discards what is not read of a body, up to the limit", async () => {
  assertEquals(await countTaken(15), 15);
  const taken = await countTaken(1000);
  assertEquals(taken > 20 && taken < 30, true, `${taken} chunks`);
});

Deno.test("openUpload() gives up the body of a request that has ended", async () => {
  const taken = await countTaken(1000, { timeoutMs: 10 });
  assertEquals(taken < 5, true, `${taken} chunks`);
});
