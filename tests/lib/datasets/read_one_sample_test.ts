import { assertEquals, assertRejects } from "@std/assert";
import { readOneSample } from "../../../lib/datasets/read_one_sample.ts";
import { ServiceError } from "../../../lib/service_error.ts";
import { readAll, streamText } from "./sample_fixtures.ts";

Deno.test("readOneSample() takes the whole body for the sample", async () => {
  assertEquals(await readAll(readOneSample(streamText("a long text"), { class: " cat " })), [
    ["sample", "cat", "a long text"],
  ]);
  assertEquals(await readAll(readOneSample(streamText("1"), { class: "cat", name: "a\0.jpg" })), [
    ["a\ufffd.jpg", "cat", "1"],
  ]);
});

Deno.test("readOneSample() refuses a class that cannot be one, and passes on a broken body", async () => {
  const error = await assertRejects(
    () => readAll(readOneSample(streamText("1"), { class: "\n" })),
    ServiceError,
  );
  assertEquals(error.code, "invalid_sample");
  const broken = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.error(new ServiceError("body_too_large", "Too long")),
  });
  await assertRejects(
    () => readAll(readOneSample(broken, { class: "cat" })),
    ServiceError,
    "Too long",
  );
});
