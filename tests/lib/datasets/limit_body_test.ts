import { assertEquals, assertRejects } from "@std/assert";
import { limitBody } from "../../../lib/datasets/limit_body.ts";
import { ServiceError } from "../../../lib/service_error.ts";
import { streamText } from "./sample_fixtures.ts";

const { signal } = new AbortController();

Deno.test("limitBody() passes on as many bytes as are allowed and not one more", async () => {
  const stream = () => streamText("ten bytes.");
  assertEquals(
    await new Response(limitBody(stream(), { bytesMax: 10, signal }) as BodyInit).text(),
    "ten bytes.",
  );
  const error = await assertRejects(
    () => new Response(limitBody(stream(), { bytesMax: 9, signal }) as BodyInit).text(),
    ServiceError,
    "at most 9 bytes",
  );
  assertEquals(error.code, "body_too_large");
});

Deno.test("limitBody() ends a body that never comes to its end, with the signal's reason", async () => {
  const controller = new AbortController();
  let isCancelled = false;
  const endless = new ReadableStream<Uint8Array>({ cancel: () => void (isCancelled = true) });
  const reading = Array.fromAsync(limitBody(endless, { bytesMax: 1, signal: controller.signal }));
  controller.abort(new ServiceError("deadline_exceeded", "Too late"));
  await assertRejects(() => reading, ServiceError, "Too late");
  assertEquals(isCancelled, true);
});
