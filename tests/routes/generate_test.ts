import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { answerTask, createTestApp, post, type TestApp } from "./test_app.ts";

const URL_GENERATE = "/v1/models/writer:generate";

function ask(test: TestApp, body: unknown, url = URL_GENERATE) {
  const request = post(JSON.stringify(body), { "Content-Type": "application/json" });
  return test.app.request(url, request);
}

/** The data of each event of a stream. */
async function readEvents(response: Response): Promise<string[]> {
  return (await response.text()).split("\n\n").filter(Boolean)
    .map((event) => event.replace(/^event: error\n/, "").replace(/^data: /, ""));
}

Deno.test("POST :generate answers with the whole text and how it came about", async () => {
  await using test = await createTestApp();
  const response = await ask(test, { prompt: "abc", max_tokens: 5, seed: 9 });
  const { timing_ms, ...body } = await response.json();
  assertEquals(response.status, 200);
  assertEquals(body, {
    model: "writer",
    version: 1,
    text: "abcde",
    finish_reason: "length",
    usage: { prompt_tokens: 3, completion_tokens: 5, total_tokens: 8 },
    seed: 9,
  });
  assertEquals(Object.keys(timing_ms), ["queue", "predict", "total"]);
});

Deno.test("POST :generate draws a seed where none is given, and tells it", async () => {
  await using test = await createTestApp();
  const seeds = [];
  for (let i = 0; i < 3; i++) seeds.push((await (await ask(test, { prompt: "a" })).json()).seed);
  assert(seeds.every((seed) => Number.isInteger(seed)));
  assert(new Set(seeds).size > 1);
});

Deno.test("POST :generate ends before a stop string, given as text or as a list", async () => {
  await using test = await createTestApp();
  for (const stop of ["de", ["x", "de"]]) {
    const { text, finish_reason } = await (await ask(test, { prompt: "a", stop })).json();
    assertEquals([text, finish_reason], ["abc", "stop"]);
  }
});

Deno.test("POST :generate streams an event for each character, the end, and [DONE]", async () => {
  await using test = await createTestApp();
  const response = await ask(test, { prompt: "a", max_tokens: 3, seed: 1, stream: true });
  assertEquals(response.headers.get("Content-Type"), "text/event-stream");
  const events = await readEvents(response);
  const texts = events.slice(0, 3).map((event) => JSON.parse(event));
  assertEquals(texts, [{ text: "a" }, { text: "b" }, { text: "c" }]);
  const { timing_ms: _, ...end } = JSON.parse(events[3] ?? "");
  assertEquals(end, {
    model: "writer",
    version: 1,
    finish_reason: "length",
    usage: { prompt_tokens: 1, completion_tokens: 3, total_tokens: 4 },
    seed: 1,
  });
  assertEquals(events.slice(4), ["[DONE]"]);
});

Deno.test("POST :generate states the rule and the value found", async () => {
  await using test = await createTestApp();
  const cases: [unknown, string][] = [
    [{}, "prompt must be text: current value is missing"],
    [{ prompt: "" }, "1 to 8 characters after folding: current number is 0"],
    [{ prompt: "a".repeat(9) }, "current number is 9"],
    [{ prompt: "a1" }, '"1" (U+0031)'],
    [{ prompt: "a", max_tokens: 0 }, "max_tokens must be a whole number from 1 to 4096"],
    [{ prompt: "a", max_tokens: 4097 }, "current value is 4097"],
    [{ prompt: "a", max_tokens: 1.5 }, "current value is 1.5"],
    [{ prompt: "a", temperature: -1 }, "temperature must be a number from 0 to 2"],
    [{ prompt: "a", temperature: "hot" }, 'current value is "hot"'],
    [{ prompt: "a", top_k: -1 }, "top_k must be a whole number"],
    [{ prompt: "a", seed: 2 ** 32 }, "seed must be a whole number from 0 to 4294967295"],
    [{ prompt: "a", stop: "" }, "stop"],
    [{ prompt: "a", stop: Array(5).fill("b") }, "stop"],
    [{ prompt: "a", n: 2 }, 'must not have "n"'],
    [[], "must be an object"],
  ];
  for (const [body, message] of cases) {
    const response = await ask(test, body);
    const { code, error } = await response.json();
    assertEquals([response.status, code], [422, "invalid_value"], JSON.stringify(body));
    assertStringIncludes(error, message);
  }
  const malformed = await test.app.request(URL_GENERATE, post("{"));
  assertEquals([malformed.status, (await malformed.json()).code], [400, "malformed_request"]);
});

Deno.test("POST :generate refuses a model that cannot, and lists what it can", async () => {
  await using test = await createTestApp();
  const response = await ask(test, { prompt: "a" }, "/v1/models/letters:generate");
  const { code, error } = await response.json();
  assertEquals([response.status, code], [404, "verb_not_supported"]);
  assertStringIncludes(error, "only :classify, :predict, :embed");
});

Deno.test("POST :generate tells how likely each character was, whole and as a stream", async () => {
  await using test = await createTestApp();
  const body = { prompt: "a", max_tokens: 3, logprobs: 1 };
  const whole = await (await ask(test, body)).json();
  const top_logprobs = [{ token: "a", logprob: -0.25 }];
  const expected = [...whole.text].map((token) => ({ token, logprob: -0.5, top_logprobs }));
  assertEquals(whole.logprobs, expected);
  const events = await readEvents(await ask(test, { ...body, stream: true }));
  const characters = events.slice(0, 3).map((event) => JSON.parse(event));
  assertEquals(characters.map(({ text }) => text).join(""), whole.text);
  assertEquals(characters.flatMap(({ logprobs }) => logprobs), expected);
  assertEquals("logprobs" in await (await ask(test, { prompt: "a", max_tokens: 3 })).json(), false);
  const refused = await ask(test, { prompt: "a", logprobs: 21 });
  assertEquals([refused.status, (await refused.json()).code], [422, "invalid_value"]);
});

Deno.test("POST :generate stops when its client goes away, and lets the model go", async () => {
  await using test = await createTestApp({
    run: async (task) => {
      await new Promise((resolve) => setTimeout(resolve, 2));
      return await answerTask(task);
    },
  });
  const response = await ask(test, { prompt: "a", max_tokens: 4096, stream: true });
  const reader = response.body?.getReader();
  await reader?.read();
  await reader?.cancel();
  await new Promise((resolve) => setTimeout(resolve, 30));
  const tasks = test.executors[0]?.tasks.length ?? 0;
  await new Promise((resolve) => setTimeout(resolve, 50));
  assertEquals(test.executors[0]?.tasks.length, tasks);
  assert(tasks < 100, `${tasks} tasks ran`);
});

Deno.test("POST :generate ends a stream with an error event when the deadline passes", async () => {
  let calls = 0;
  await using test = await createTestApp(
    { run: (task) => calls++ < 2 ? answerTask(task) : new Promise(() => {}) },
    { environment: { REQUEST_TIMEOUT_MS: "100" } },
  );
  const response = await ask(test, { prompt: "a", stream: true });
  assertEquals(response.status, 200);
  const events = await readEvents(response);
  const { code, request_id } = JSON.parse(events.at(-1) ?? "");
  assertEquals([code, request_id], ["deadline_exceeded", response.headers.get("X-Request-Id")]);
});

Deno.test("POST :generate answers 429 before a stream begins when the queue is full", async () => {
  await using test = await createTestApp({ run: () => new Promise(() => {}) }, { queueMax: 1 });
  const waiting = [1, 2].map(() => ask(test, { prompt: "a" }));
  await new Promise((resolve) => setTimeout(resolve, 20));
  const refused = await ask(test, { prompt: "a", stream: true });
  assertEquals([refused.status, (await refused.json()).code], [429, "queue_full"]);
  test.pool.close();
  for (const response of await Promise.all(waiting)) await response.body?.cancel();
});
