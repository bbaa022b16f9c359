import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { answerTask, createTestApp, post } from "./test_app.ts";

const URL_CLASSIFY = "/v1/models/tiny:classify";
const PICTURE = Uint8Array.of(1, 2, 3);

Deno.test("POST :classify answers a raw body with labelled predictions and timings", async () => {
  await using test = await createTestApp();
  const response = await test.app.request(URL_CLASSIFY, post(PICTURE));
  const { timing_ms, ...body } = await response.json();
  assertEquals(response.status, 200);
  assertEquals(body, {
    model: "tiny",
    version: 1,
    predictions: [{ label: "dog", index: 1, score: 0.75 }, { label: "cat", index: 0, score: 0.25 }],
  });
  assertEquals(Object.keys(timing_ms), ["queue", "decode", "preprocess", "predict", "total"]);
});

Deno.test("POST :classify says what is unknown, where the model can tell, for each input", async () => {
  await using test = await createTestApp({
    run: async (task) => {
      const result = await answerTask(task);
      const { answer } = result;
      if (answer.verb !== "classify") return result;
      return { ...result, answer: { ...answer, unknown: { score: 0.9, unknown: true } } };
    },
  });
  const one = await (await test.app.request(URL_CLASSIFY, post(PICTURE))).json();
  assertEquals([one.unknown, one.unknown_score, one.predictions.length], [true, 0.9, 2]);
  const form = new FormData();
  for (const name of ["a", "b"]) form.append(name, new Blob([PICTURE]), `${name}.jpg`);
  const { results } = await (await test.app.request(URL_CLASSIFY, post(form))).json();
  assertEquals(results.map((each: { unknown: boolean }) => each.unknown), [true, true]);
});

Deno.test("POST :classify passes top_k and threshold on", async () => {
  await using test = await createTestApp();
  const one = await test.app.request(`${URL_CLASSIFY}?top_k=1`, post(PICTURE));
  assertEquals((await one.json()).predictions.length, 1);
  const none = await test.app.request(`${URL_CLASSIFY}?threshold=0.9`, post(PICTURE));
  assertEquals((await none.json()).predictions, []);
});

Deno.test("POST :classify refuses parameters that break their rules, before any work", async () => {
  await using test = await createTestApp();
  const queries = ["top_k=0", "top_k=-1", "top_k=many", "top_k=10001", "top_k=1.5", "threshold=2"];
  for (const query of [...queries, "threshold=NaN", "topk=3"]) {
    const response = await test.app.request(`${URL_CLASSIFY}?${query}`, post(PICTURE));
    const { code, error } = await response.json();
    assertEquals([response.status, code], [422, "invalid_value"], query);
    assertStringIncludes(error, "Cannot read the query");
  }
  assertEquals(test.executors[0]?.tasks.length, 0);
});

Deno.test("POST :classify on an unknown model answers 404 without reading the body", async () => {
  await using test = await createTestApp();
  const response = await test.app.request("/v1/models/nobody:classify", post(PICTURE));
  assertEquals([response.status, (await response.json()).code], [404, "model_not_found"]);
});

Deno.test("POST :classify on a model that is not pulled says how to pull it", async () => {
  await using test = await createTestApp();
  const response = await test.app.request("/v1/models/absent:classify", post(PICTURE));
  const { code, error } = await response.json();
  assertEquals([response.status, code], [409, "model_not_pulled"]);
  assertStringIncludes(error, "deno task pull absent");
});

Deno.test("POST :classify answers 429 with Retry-After when the queue is full", async () => {
  await using test = await createTestApp({ run: () => new Promise(() => {}) }, { queueMax: 1 });
  const waiting = [1, 2].map(() => test.app.request(URL_CLASSIFY, post(PICTURE)));
  await new Promise((resolve) => setTimeout(resolve, 20));
  const response = await test.app.request(URL_CLASSIFY, post(PICTURE));
  assertEquals([response.status, (await response.json()).code], [429, "queue_full"]);
  assert(Number(response.headers.get("Retry-After")) >= 1);
  test.pool.close();
  for (const refused of await Promise.all(waiting)) {
    assertEquals(refused.status, 503);
    await refused.body?.cancel();
  }
});

Deno.test("POST :classify answers 504 when the deadline passes", async () => {
  await using test = await createTestApp({ run: () => new Promise(() => {}) }, {
    environment: { REQUEST_TIMEOUT_MS: "30" },
  });
  const response = await test.app.request(URL_CLASSIFY, post(PICTURE));
  assertEquals([response.status, (await response.json()).code], [504, "deadline_exceeded"]);
});
