import { assertEquals } from "@std/assert";
import { ServiceError } from "../../lib/service_error.ts";
import { bytesOf } from "../models/pool/fake_executor.ts";
import { answerTask, createTestApp, post } from "./test_app.ts";

function multipart(count: number): FormData {
  const form = new FormData();
  for (let index = 0; index < count; index++) {
    form.append("image", new Blob([Uint8Array.of(index)]), `${index}.jpg`);
  }
  return form;
}

Deno.test("runInputs() answers several inputs in order, each with an answer or an error", async () => {
  await using test = await createTestApp({
    run: (task) =>
      bytesOf(task)[0] === 1
        ? Promise.reject(new ServiceError("not_an_image", "It is text"))
        : answerTask(task),
  });
  const response = await test.app.request("/v1/models/tiny:classify?top_k=1", post(multipart(3)));
  const { results, timing_ms } = await response.json();
  assertEquals(response.status, 200);
  const predictions = [{ label: "dog", index: 1, score: 0.75 }];
  assertEquals(results, [
    { name: "0.jpg", predictions },
    { name: "1.jpg", error: "It is text", code: "not_an_image" },
    { name: "2.jpg", predictions },
  ]);
  assertEquals(Object.keys(timing_ms), ["total"]);
});

Deno.test("runInputs() answers one file without a list", async () => {
  await using test = await createTestApp();
  const response = await test.app.request("/v1/models/tiny:classify", post(multipart(1)));
  assertEquals((await response.json()).predictions.length, 2);
});

Deno.test("runInputs() makes the error of a single input the error of the request", async () => {
  await using test = await createTestApp({
    run: () => Promise.reject(new ServiceError("image_too_large", "Too many pixels")),
  });
  const response = await test.app.request("/v1/models/tiny:classify", post("x"));
  assertEquals([response.status, (await response.json()).code], [413, "image_too_large"]);
});

Deno.test("runInputs() refuses all inputs of a request that do not fit in the queue", async () => {
  await using test = await createTestApp({}, { queueMax: 1 });
  const response = await test.app.request("/v1/models/tiny:classify", post(multipart(3)));
  assertEquals([response.status, (await response.json()).code], [429, "queue_full"]);
  assertEquals(test.executors[0]?.tasks.length, 0);
});

Deno.test("runInputs() hides what an unexpected error says", async () => {
  await using test = await createTestApp({ run: () => Promise.reject(new Error("secret")) });
  const response = await test.app.request("/v1/models/tiny:classify", post("x"));
  const text = await response.text();
  assertEquals(response.status, 500);
  assertEquals(text.includes("secret"), false);
});
