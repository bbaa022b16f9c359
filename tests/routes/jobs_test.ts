import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { createJobApp, JOBS, makeTexts, waitForEnd } from "./job_fixtures.ts";
import { sendJson } from "./dataset_fixtures.ts";
import type { TestApp } from "./test_app.ts";

const BODY = { model: "letters", training_file: "texts", name: "mine" };

async function order(test: TestApp, body: object, headers: Record<string, string> = {}) {
  const response = await test.app.request(JOBS, {
    method: "POST",
    body: JSON.stringify(body),
    headers,
  });
  return { status: response.status, response, body: await response.json() };
}

Deno.test("POST /v1/fine_tuning/jobs makes a job in OpenAI's form, which makes a model", async () => {
  await using test = await createJobApp();
  await makeTexts(test);
  const { status, response, body } = await order(test, {
    ...BODY,
    seed: 4,
    method: { type: "supervised", supervised: { hyperparameters: { n_epochs: 7, l2: 1 } } },
  });
  assertEquals(status, 201);
  assertEquals([body.object, body.status, body.fine_tuned_model], [
    "fine_tuning.job",
    "queued",
    null,
  ]);
  assertEquals([body.seed, body.hyperparameters.epochs, body.hyperparameters.l2], [4, 7, 1]);
  assertEquals(response.headers.get("Location"), body.urls.self);
  assert(body.created_at > 1e9 && body.created_at < 1e10);
  await test.runner.start();
  const job = await waitForEnd(test, body.id);
  assertEquals([job.status, job.fine_tuned_model, job.version], ["succeeded", "mine", 1]);
  const classify = await test.app.request(new URL(job.urls.classify).pathname, {
    method: "POST",
    body: "abc",
  });
  assertEquals(classify.status, 200);
});

Deno.test("POST /v1/fine_tuning/jobs names the model after the suffix or the dataset", async () => {
  await using test = await createJobApp();
  await makeTexts(test);
  const { name: _, ...rest } = BODY;
  assertEquals((await order(test, rest)).body.name, "letters-texts");
  assertEquals((await order(test, { ...rest, suffix: "v1" })).body.name, "letters-v1");
});

Deno.test("POST /v1/fine_tuning/jobs takes the id of a dataset", async () => {
  await using test = await createJobApp();
  await makeTexts(test);
  const { id } = await (await test.app.request("/v1/datasets/texts")).json();
  const { status, body } = await order(test, { ...BODY, training_file: id });
  assertEquals([status, body.training_file], [201, "texts"]);
});

Deno.test("POST /v1/fine_tuning/jobs gives the same job for the same Idempotency-Key", async () => {
  await using test = await createJobApp();
  await makeTexts(test);
  const headers = { "Idempotency-Key": "once" };
  const first = await order(test, BODY, headers);
  // The order of the fields does not count.
  const reversed = Object.fromEntries(Object.entries(BODY).reverse());
  const second = await order(test, reversed, headers);
  assertEquals([second.status, second.body.id], [200, first.body.id]);
  const other = await order(test, { ...BODY, seed: 1 }, headers);
  assertEquals([other.status, other.body.error.code], [409, "conflict"]);
  const wrong = await order(test, BODY, { "Idempotency-Key": "x".repeat(256) });
  assertEquals([wrong.status, wrong.body.error.code], [422, "invalid_value"]);
});

Deno.test("POST /v1/fine_tuning/jobs refuses in OpenAI's form, with the parameter at fault", async () => {
  await using test = await createJobApp();
  await makeTexts(test);
  await sendJson(test, "/v1/datasets", { body: { name: "pictures", kind: "image" } });
  await sendJson(test, "/v1/datasets", { body: { name: "empty", kind: "text" } });
  const cases: [object, number, string, string | null][] = [
    [{ ...BODY, epochs: 3 }, 422, "invalid_value", null],
    [{ ...BODY, hyperparameters: { depth: 3 } }, 422, "invalid_value", "hyperparameters"],
    [{ ...BODY, training_file: 3 }, 422, "invalid_value", "training_file"],
    [{ ...BODY, training_file: "x".repeat(256) }, 422, "invalid_value", "training_file"],
    [{ ...BODY, model: "x".repeat(256) }, 422, "invalid_value", "model"],
    [{ ...BODY, training_file: "nothing" }, 404, "dataset_not_found", "training_file"],
    [{ ...BODY, training_file: "empty" }, 422, "invalid_value", "training_file"],
    [{ ...BODY, training_file: "pictures" }, 422, "invalid_value", "model"],
    [{ ...BODY, model: "nothing" }, 404, "model_not_found", null],
    [{ ...BODY, model: "writer" }, 404, "verb_not_supported", null],
    [{ ...BODY, name: "tiny" }, 409, "conflict", null],
    [{ ...BODY, name: "Upper" }, 422, "invalid_value", "name"],
    [{ ...BODY, suffix: "x" }, 422, "invalid_value", "suffix"],
    [{ ...BODY, name: undefined, suffix: "A" }, 422, "invalid_value", "suffix"],
    [{ ...BODY, seed: -1 }, 422, "invalid_value", "seed"],
    [{ ...BODY, hyperparameters: { batch_size: 0 } }, 422, "invalid_value", "batch_size"],
    [{ ...BODY, hyperparameters: { negative: "x" } }, 422, "invalid_value", "negative"],
    [
      { ...BODY, hyperparameters: { negative: "x".repeat(101) } },
      ...[422, "invalid_value", "hyperparameters.negative"] as const,
    ],
    [{ ...BODY, method: { type: "dpo" } }, 422, "invalid_value", "method.type"],
    [
      {
        ...BODY,
        hyperparameters: {},
        method: { type: "supervised", supervised: { hyperparameters: {} } },
      },
      422,
      "invalid_value",
      "hyperparameters",
    ],
  ];
  for (const [request, status, code, param] of cases) {
    const refused = await order(test, request);
    const { error } = refused.body;
    assertEquals([refused.status, error.code, error.param], [status, code, param], error.message);
    assertEquals(error.type, "invalid_request_error");
  }
  const list = await (await test.app.request(JOBS)).json();
  assertEquals(list, { object: "list", data: [], has_more: false });
});

Deno.test("POST /v1/fine_tuning/jobs states the rule that a value breaks", async () => {
  await using test = await createJobApp();
  const cases: [object, string][] = [
    [[], "as it must be an object: current value is []"],
    [
      { ...BODY, hyperparameters: { epochs: "abc" } },
      'hyperparameters.epochs must be a number or auto: current value is "abc"',
    ],
    [{ ...BODY, hyperparameters: [] }, "hyperparameters must be an object: current value is []"],
    [
      { ...BODY, name: undefined, suffix: "a".repeat(65) },
      "suffix must have at most 64 characters",
    ],
  ];
  for (const [request, message] of cases) {
    const { status, body } = await order(test, request);
    assertEquals(status, 422);
    assertStringIncludes(body.error.message, message);
  }
});

Deno.test("POST /v1/fine_tuning/jobs refuses what is not JSON, and more jobs than may wait", async () => {
  await using test = await createJobApp({ JOBS_UNFINISHED_MAX: "1" });
  await makeTexts(test);
  const malformed = await test.app.request(JOBS, { method: "POST", body: "{" });
  assertEquals(malformed.status, 400);
  assertEquals((await malformed.json()).error.code, "malformed_request");
  assertEquals((await order(test, BODY)).status, 201);
  const full = await order(test, BODY);
  assertEquals([full.status, full.body.error.type], [429, "rate_limit_error"]);
  assert(full.response.headers.has("Retry-After"));
});

Deno.test("GET /v1/fine_tuning/jobs lists the newest first, page by page", async () => {
  await using test = await createJobApp();
  await makeTexts(test);
  const ids = [];
  for (let index = 0; index < 3; index++) ids.push((await order(test, BODY)).body.id);
  const read = async (query: string) => await (await test.app.request(JOBS + query)).json();
  const first = await read("?limit=2");
  assertEquals(first.data.map(({ id }: { id: string }) => id), [ids[2], ids[1]]);
  assertEquals(first.has_more, true);
  const second = await read(`?limit=2&after=${ids[1]}`);
  assertEquals([second.data.map(({ id }: { id: string }) => id), second.has_more], [
    [ids[0]],
    false,
  ]);
  assertEquals((await read("?after=nothing")).error.code, "job_not_found");
  assertStringIncludes((await read("?limit=0")).error.message, "from 1 to 100");
});

Deno.test("POST .../cancel cancels a job that waits, once and for all", async () => {
  await using test = await createJobApp();
  await makeTexts(test);
  const { body } = await order(test, BODY);
  const cancel = () => test.app.request(`${JOBS}/${body.id}/cancel`, { method: "POST" });
  assertEquals((await (await cancel()).json()).status, "cancelled");
  assertEquals((await (await cancel()).json()).status, "cancelled");
  const missing = await test.app.request(`${JOBS}/ftjob-0/cancel`, { method: "POST" });
  assertEquals([missing.status, (await missing.json()).error.code], [404, "job_not_found"]);
});
