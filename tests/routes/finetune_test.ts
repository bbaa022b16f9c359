import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { createJobApp, JOBS } from "./job_fixtures.ts";
import { readStore } from "./dataset_fixtures.ts";
import type { TestApp } from "./test_app.ts";

const LINES = Array.from({ length: 20 }, (_, index) =>
  JSON.stringify({
    class: index % 2 === 0 ? "short" : "long",
    text: "abcdefgh".slice(0, index % 2 === 0 ? 2 : 6) + String.fromCharCode(97 + index),
  }));

async function finetune(
  { app }: TestApp,
  query: string,
  { body = LINES.join("\n"), base = "letters", headers = {} } = {},
) {
  const response = await app.request(`/v1/models/${base}:finetune?${query}`, {
    method: "POST",
    body,
    headers: { "Content-Type": "application/x-ndjson", ...headers },
  });
  return { status: response.status, response, body: await response.json() };
}

async function waitFor({ app }: TestApp, path: string): Promise<void> {
  for (let attempt = 0; (await app.request(path)).status !== 200; attempt++) {
    assert(attempt < 200);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

Deno.test("POST :finetune makes dataset, job and model in one call", async () => {
  await using test = await createJobApp();
  await test.runner.start();
  const { status, body, response } = await finetune(test, "name=mine&wait=30&seed=3");
  assertEquals(status, 200);
  assertEquals([body.dataset.name, body.samples.accepted], ["mine", 20]);
  assertEquals([body.job.status, body.job.version, body.job.seed], ["succeeded", 1, 3]);
  assertEquals(response.headers.get("Location"), body.job.urls.self);
  const classify = await test.app.request(new URL(body.job.urls.classify).pathname, {
    method: "POST",
    body: "abc",
  });
  assertEquals((await classify.json()).model, "mine");
});

Deno.test("POST :finetune takes every hyperparameter in the query", async () => {
  await using test = await createJobApp();
  const query = "name=mine&optimizer=adam&epochs=7&learning_rate=1e-2&hidden=16,8&publish=false";
  const { status, body } = await finetune(test, query);
  assertEquals(status, 202);
  const { optimizer, epochs, learning_rate, hidden } = body.job.hyperparameters;
  assertEquals([optimizer, epochs, learning_rate, hidden], ["adam", 7, 0.01, [16, 8]]);
});

Deno.test("POST :finetune takes one number for a list of one", async () => {
  await using test = await createJobApp();
  const { status, body } = await finetune(test, "name=mine&optimizer=adam&epochs=50&hidden=64");
  assertEquals([status, body.job?.hyperparameters.hidden], [202, [64]]);
});

Deno.test("POST :finetune adds to the dataset of a model that is there, and makes a version", async () => {
  await using test = await createJobApp();
  await test.runner.start();
  await finetune(test, "name=mine&wait=30");
  const more = JSON.stringify({ class: "long", text: "zzzzzzz" });
  const { body } = await finetune(test, "name=mine&wait=30", { body: `${LINES[0]}\n${more}` });
  assertEquals([body.samples.accepted, body.samples.duplicates], [1, 1]);
  assertEquals(body.job.version, 2);
  assertEquals(test.executors[0]?.tasks.length, 21);
});

Deno.test("POST :finetune answers 202 when the time is up", async () => {
  await using test = await createJobApp();
  const { status, body } = await finetune(test, "name=mine");
  assertEquals([status, body.job.status, body.job.fine_tuned_model], [202, "queued", null]);
  assertEquals((await finetune(test, "name=other&wait=1")).status, 202);
});

Deno.test("POST :finetune gives the same job for the same Idempotency-Key", async () => {
  await using test = await createJobApp();
  const headers = { "Idempotency-Key": "once" };
  const first = await finetune(test, "name=mine", { headers });
  const second = await finetune(test, "name=mine", { headers });
  assertEquals(second.body.job.id, first.body.job.id);
});

Deno.test("POST :finetune called twice at once with one Idempotency-Key gives one job", async () => {
  await using test = await createJobApp();
  const headers = { "Idempotency-Key": "one" };
  const answers = await Promise.all([1, 2].map(() => finetune(test, "name=mine", { headers })));
  assertEquals(answers.map(({ status }) => status), [202, 202]);
  assertEquals(answers[0]?.body.job.id, answers[1]?.body.job.id);
  const dataset = await (await test.app.request("/v1/datasets/mine")).json();
  assertEquals(dataset.samples, LINES.length);
});

Deno.test("POST :finetune refuses bad input and leaves the store as it was", async () => {
  await using test = await createJobApp();
  const before = await readStore(test);
  const one = JSON.stringify({ class: "a", text: "abc" });
  const cases: [string, Parameters<typeof finetune>[2], number, string][] = [
    ["", {}, 422, "invalid_value"],
    ["name=A", {}, 422, "invalid_value"],
    ["name=a&wait=301", {}, 422, "invalid_value"],
    ["name=a&depth=1", {}, 422, "invalid_value"],
    ["name=tiny", {}, 409, "conflict"],
    ["name=a", { base: "nothing" }, 404, "model_not_found"],
    ["name=a", { base: "absent" }, 409, "model_not_pulled"],
    ["name=a", { base: "writer" }, 404, "verb_not_supported"],
    ["name=a", { body: one }, 422, "invalid_value"],
    ["name=a", { body: "" }, 422, "invalid_value"],
    ["name=a&augment=17", {}, 422, "invalid_value"],
    ["name=a&optimizer=magic", {}, 422, "invalid_value"],
    ["name=a&epochs=", {}, 422, "invalid_value"],
    ["name=a&epochs=1,2", {}, 422, "invalid_value"],
    ["name=a&hidden=many", {}, 422, "invalid_value"],
    ["name=a&publish=yes", {}, 422, "invalid_value"],
    ["name=a", { headers: { "Content-Type": "application/zip" } }, 422, "invalid_archive"],
    ["name=a", { headers: { "Content-Type": "audio/wav" } }, 415, "unsupported_media_type"],
  ];
  for (const [query, options, status, code] of cases) {
    const refused = await finetune(test, query, options);
    assertEquals([refused.status, refused.body.code], [status, code], refused.body.error);
    assertEquals(await readStore(test), before);
  }
  assertEquals((await (await test.app.request(JOBS)).json()).data, []);
});

Deno.test("POST :finetune keeps no sample when its job is refused", async () => {
  await using test = await createJobApp({ JOBS_UNFINISHED_MAX: "1" });
  await finetune(test, "name=mine");
  const before = await readStore(test);
  const body = JSON.stringify({ class: "long", text: "zzzzzzz" });
  for (const each of [body, ""]) {
    const refused = await finetune(test, "name=mine", { body: each });
    const expected = each === "" ? [422, "invalid_value"] : [429, "queue_full"];
    assertEquals([refused.status, refused.body.code], expected, refused.body.error);
    assertEquals(await readStore(test), before);
  }
});

Deno.test("POST :finetune that breaks off leaves what others have added meanwhile", async () => {
  await using test = await createJobApp();
  const lines = Promise.withResolvers<Uint8Array>();
  const body = new ReadableStream({
    async pull(controller) {
      controller.enqueue(await lines.promise);
      controller.error(new Error("cut"));
    },
  });
  const broken = test.app.request("/v1/models/letters:finetune?name=mine", {
    method: "POST",
    body,
    headers: { "Content-Type": "application/x-ndjson" },
  });
  await waitFor(test, "/v1/datasets/mine");
  assertEquals((await finetune(test, "name=mine")).body.samples.accepted, 20);
  lines.resolve(new TextEncoder().encode(LINES[0]));
  assertEquals((await broken).status, 400);
  const { samples } = await (await test.app.request("/v1/datasets/mine")).json();
  assertEquals(samples, 20);
  // One that nobody else has used goes.
  const alone = await finetune(test, "name=other", { body: "{" });
  assertEquals(alone.status, 422);
  assertEquals((await test.app.request("/v1/datasets/other")).status, 404);
});

Deno.test("POST :finetune that loses the database leaves no dataset once that is back", async () => {
  await using test = await createJobApp();
  const { database, app } = test;
  const { transact } = database;
  const body = new ReadableStream({
    pull(controller) {
      database.transact = () =>
        Promise.reject(Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" }));
      controller.enqueue(new TextEncoder().encode(LINES.join("\n")));
      controller.close();
    },
  }, { highWaterMark: 0 });
  const response = await app.request("/v1/models/letters:finetune?name=mine", {
    method: "POST",
    body,
    headers: { "Content-Type": "application/x-ndjson" },
  });
  assertEquals([response.status, (await response.json()).code], [503, "storage_unavailable"]);
  assertEquals((await app.request("/v1/datasets/mine")).status, 200);
  database.transact = transact;
  for (const ends = performance.now() + 5_000; performance.now() < ends;) {
    if ((await app.request("/v1/datasets/mine")).status === 404) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error("The empty dataset stays");
});

Deno.test("POST :finetune does not mix kinds of samples in one dataset", async () => {
  await using test = await createJobApp();
  await finetune(test, "name=mine");
  const { status, body } = await finetune(test, "name=mine", { base: "tiny" });
  assertEquals([status, body.code], [409, "conflict"]);
  assertStringIncludes(body.error, "of the kind text: model tiny takes the kind image");
});
