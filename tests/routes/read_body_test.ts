import { assertEquals, assertRejects } from "@std/assert";
import { Hono } from "hono";
import { ServiceError } from "../../lib/service_error.ts";
import type { AppEnv } from "../../routes/app_env.ts";
import { isJson, readBody } from "../../routes/read_body.ts";
import { requestSignal } from "../../routes/request_signal.ts";
import { createTestApp, post } from "./test_app.ts";

Deno.test("isJson() knows JSON and what is built on it", () => {
  for (const type of ["application/json", "application/problem+json"]) {
    assertEquals(isJson(type), true);
  }
  for (const type of ["", "text/plain", "application/jsonl"]) assertEquals(isJson(type), false);
});

Deno.test("readBody() refuses a compressed body and one that breaks off", async () => {
  await using test = await createTestApp();
  const url = "/v1/models/tiny:classify";
  const zipped = await test.app.request(url, post("x", { "Content-Encoding": "gzip" }));
  assertEquals([zipped.status, (await zipped.json()).code], [415, "unsupported_media_type"]);
  const app = new Hono<AppEnv>().use(requestSignal(() => 1_000)).post("/", async (context) => {
    const error = await assertRejects(() => readBody(context), ServiceError);
    return context.text(error.code);
  });
  async function readBroken(error: Error): Promise<string> {
    const body = new ReadableStream({ pull: (controller) => controller.error(error) });
    return await (await app.request("/", post(body))).text();
  }
  assertEquals(await readBroken(new Error("cut")), "malformed_request");
  const gone = Object.assign(new Error("aborted"), { code: "ECONNRESET" });
  assertEquals(await readBroken(gone), "client_closed_request");
});
