import { assert, assertAlmostEquals, assertEquals, assertStringIncludes } from "@std/assert";
import { SequenceStore } from "../../models/sequences/sequence_store.ts";
import { createShippedApp } from "../shipped_app.ts";
import { createTestApp } from "./test_app.ts";
import {
  beginSequence,
  cutRows,
  makeRows,
  MODEL,
  scoresOf,
  sendJson,
  SEQUENCES,
} from "./sequence_fixtures.ts";

const KEYS = ["first-key-0123456789", "second-key-0123456789"];
const TIME_TO_LIVE_MS = 1_000;
const clock = { now: 1_700_000_000_000 };
const sequences = new SequenceStore({
  sequencesMax: 20,
  timeToLiveMs: TIME_TO_LIVE_MS,
  now: () => clock.now,
});
const { app, pool, services } = await createShippedApp({ sequences });
Deno.test.afterAll(() => pool.close());

async function classifyWhole(rows: number[][]) {
  const response = await app.request(
    `/v1/models/${MODEL}:classify?output_mode=all`,
    sendJson({ inputs: rows }),
  );
  return await response.json();
}

async function step(path: string, rows: unknown, query = "") {
  const response = await app.request(`${path}:step${query}`, sendJson({ inputs: rows }));
  return { status: response.status, ...await response.json() };
}

Deno.test("POST sequences makes one that GET tells of, and lists it", async () => {
  const { status, body, path } = await beginSequence(app);
  const { id, urls, ...rest } = body;
  assertEquals(status, 201);
  assertEquals(rest, {
    model: MODEL,
    version: 1,
    created_at: new Date(clock.now).toISOString(),
    steps_so_far: 0,
    expires_at: new Date(clock.now + TIME_TO_LIVE_MS).toISOString(),
  });
  assertEquals(new URL(urls.step).pathname, `${path}:step`);
  assertEquals(await (await app.request(path)).json(), body);
  const { data, has_more } = await (await app.request(SEQUENCES)).json();
  assertEquals([data[0].id, has_more], [id, false]);
});

Deno.test("pieces of any length give the outputs of the whole series", async () => {
  const rows = makeRows(40, 1);
  const whole = await classifyWhole(rows);
  for (const lengths of [[40], Array(40).fill(1), [1, 2, 3, 5, 29], [39, 1]]) {
    const { path } = await beginSequence(app);
    const steps: { predictions: { index: number; score: number }[] }[] = [];
    let last;
    for (const piece of cutRows(rows, lengths)) {
      last = await step(path, piece, "?output_mode=all");
      steps.push(...last.steps);
      assertEquals([last.status, last.steps_so_far], [200, steps.length]);
    }
    assertEquals(steps.length, 40);
    for (const [index, { predictions }] of steps.entries()) {
      const expected = scoresOf(whole.steps[index].predictions);
      for (const [place, score] of scoresOf(predictions).entries()) {
        assertAlmostEquals(score, expected[place] ?? NaN, 1e-5);
      }
    }
    assertEquals(last.predictions, steps.at(-1)?.predictions);
  }
});

Deno.test("a step may come as CSV, and answers the last output alone unless all are asked for", async () => {
  const rows = makeRows(3, 2);
  const { path } = await beginSequence(app);
  const body = rows.map((row) => row.join(",")).join("\n");
  const response = await app.request(`${path}:step?top_k=1`, {
    method: "POST",
    body,
    headers: { "Content-Type": "text/csv" },
  });
  const { predictions, steps, steps_so_far, timing_ms } = await response.json();
  assertEquals([response.status, predictions.length, steps, steps_so_far], [200, 1, undefined, 3]);
  assert(timing_ms.total > 0);
});

Deno.test("steps of one sequence that arrive together are done in their order", async () => {
  const rows = makeRows(12, 3);
  const whole = await classifyWhole(rows);
  const { path } = await beginSequence(app);
  const answers = await Promise.all(rows.map((row) => step(path, [row])));
  assertEquals(answers.map(({ steps_so_far }) => steps_so_far), rows.map((_, index) => index + 1));
  for (const [index, { predictions }] of answers.entries()) {
    const expected = scoresOf(whole.steps[index].predictions);
    for (const [place, score] of scoresOf(predictions).entries()) {
      assertAlmostEquals(score, expected[place] ?? NaN, 1e-5);
    }
  }
});

Deno.test("sequences that are stepped in turn do not see each other", async () => {
  const all = await Promise.all([4, 5, 6].map(async (seed) => ({
    rows: makeRows(6, seed),
    path: (await beginSequence(app)).path,
  })));
  const last = new Map<string, number[]>();
  for (let index = 0; index < 6; index++) {
    await Promise.all(all.map(async ({ rows, path }) => {
      last.set(path, scoresOf((await step(path, [rows[index]])).predictions));
    }));
  }
  for (const { rows, path } of all) {
    const expected = scoresOf((await classifyWhole(rows)).predictions);
    for (const [place, score] of (last.get(path) ?? []).entries()) {
      assertAlmostEquals(score, expected[place] ?? NaN, 1e-5);
    }
  }
});

Deno.test("a piece that is refused says why, and leaves the sequence as it was", async () => {
  const rows = makeRows(4, 7);
  const { path } = await beginSequence(app);
  await step(path, rows.slice(0, 2));
  const refused: [body: unknown, error: string][] = [
    [{ inputs: [[1, 2]] }, "must have 6 numbers: row 0 has 2"],
    [{ inputs: [rows[0], [1, 2, 3, 4, 5]] }, "row 1 has 5"],
    [{ inputs: [[1, 2, 3, 4, 5, 1e39]] }, "channel 5 is 1e+39"],
    [{ inputs: [[1, 2, 3, 4, 5, null]] }, "channel 5 is null"],
    [{ inputs: [] }, "steps: current number is 0"],
    [{ inputs: "text" }, "must be a list of rows"],
    [{ instances: [rows, rows] }, "must be 1 to 1: current number is 2"],
  ];
  for (const [body, error] of refused) {
    const response = await app.request(`${path}:step`, sendJson(body));
    const answer = await response.json();
    assertEquals([response.status, answer.code], [422, "invalid_value"], error);
    assertStringIncludes(answer.error, error);
  }
  const broken = await app.request(`${path}:step`, { ...sendJson({}), body: "{" });
  assertEquals([broken.status, (await broken.json()).code], [400, "malformed_request"]);
  const wrongQuery = await step(path, rows, "?output_mode=some");
  assertEquals([wrongQuery.status, wrongQuery.code], [422, "invalid_value"]);
  assertEquals((await (await app.request(path)).json()).steps_so_far, 2);
  const { predictions } = await step(path, rows.slice(2));
  const expected = scoresOf((await classifyWhole(rows)).predictions);
  for (const [place, score] of scoresOf(predictions).entries()) {
    assertAlmostEquals(score, expected[place] ?? NaN, 1e-5);
  }
});

Deno.test("a step takes float32, and refuses NaN, infinity and 1,000,001 steps", async () => {
  const rows = makeRows(3, 9);
  const { path } = await beginSequence(app);
  const send = async (values: Float32Array<ArrayBuffer>, shape: string) => {
    const headers = { "Content-Type": "application/octet-stream", "X-Shape": shape };
    const init = { method: "POST", body: values, headers };
    const response = await app.request(`${path}:step?top_k=4`, init);
    return { status: response.status, ...await response.json() };
  };
  for (const wrong of [NaN, Infinity]) {
    const { status, error } = await send(Float32Array.of(1, 2, 3, 4, 5, wrong), "1,6");
    assertEquals(status, 422);
    assertStringIncludes(error, String(wrong));
  }
  const long = await send(new Float32Array(6_000_006), "1000001,6");
  assertEquals(long.status, 422);
  assertStringIncludes(long.error, "1 to 1000000 steps: current number is 1000001");
  const { steps_so_far, predictions } = await send(Float32Array.from(rows.flat()), "3,6");
  assertEquals(steps_so_far, 3);
  const expected = scoresOf((await classifyWhole(rows)).predictions);
  for (const [place, score] of scoresOf(predictions).entries()) {
    assertAlmostEquals(score, expected[place] ?? NaN, 1e-5);
  }
});

Deno.test("a step of an unknown, deleted, expired or evicted sequence says which it is", async () => {
  const codeOf = async (path: string) => {
    const { status, code } = await step(path, makeRows(1, 8));
    return [status, code];
  };
  assertEquals(await codeOf(`${SEQUENCES}/sequence-0`), [404, "sequence_not_found"]);
  const deleted = (await beginSequence(app)).path;
  assertEquals((await app.request(deleted, { method: "DELETE" })).status, 204);
  assertEquals(await codeOf(deleted), [410, "sequence_deleted"]);
  const again = await app.request(deleted, { method: "DELETE" });
  assertEquals([again.status, (await again.json()).code], [410, "sequence_deleted"]);
  const expired = (await beginSequence(app)).path;
  clock.now += TIME_TO_LIVE_MS;
  assertEquals(await codeOf(expired), [410, "sequence_expired"]);
  assertEquals(sequences.size, 0);
  const evicted = (await beginSequence(app)).path;
  for (let count = 0; count < 20; count++) await beginSequence(app);
  assertEquals(await codeOf(evicted), [410, "sequence_evicted"]);
  const other = await app.request(evicted.replace(MODEL, "names-lstm"));
  assertEquals([other.status, (await other.json()).code], [404, "sequence_not_found"]);
});

Deno.test("a step renews the time to live", async () => {
  const { path } = await beginSequence(app);
  for (let count = 0; count < 3; count++) {
    clock.now += TIME_TO_LIVE_MS - 1;
    const { status, expires_at } = await step(path, makeRows(1, 9));
    assertEquals([status, expires_at], [200, new Date(clock.now + TIME_TO_LIVE_MS).toISOString()]);
  }
});

Deno.test("sequences are made of recurrent models alone, and of models that are there", async () => {
  const begin = async (model: string) => {
    const response = await app.request(`/v1/models/${model}/sequences`, { method: "POST" });
    const { code, error } = await response.json();
    return { status: response.status, code, error };
  };
  const picture = await begin("edge-cnn");
  assertEquals([picture.status, picture.code], [422, "invalid_value"]);
  assertStringIncludes(picture.error, "must be recurrent");
  assertEquals((await begin("nobody")).status, 404);
  assertEquals((await begin("shakespeare-gru")).code, "verb_not_supported");
  const list = await app.request("/v1/models/nobody/sequences");
  assertEquals([list.status, (await list.json()).code], [404, "model_not_found"]);
});

Deno.test("a sequence belongs to the API key that made it", async () => {
  const { createApp } = await import("../../routes/app.ts");
  const keyed = createApp({ ...services, apiKeys: KEYS });
  const [mine, yours] = KEYS.map((key) => ({ Authorization: `Bearer ${key}` }));
  const { status, path } = await beginSequence(keyed, mine);
  assertEquals(status, 201);
  const stepAs = async (headers: Record<string, string> = {}) =>
    (await keyed.request(`${path}:step`, sendJson({ inputs: makeRows(1, 10) }, headers))).status;
  assertEquals([await stepAs(mine), await stepAs(yours), await stepAs()], [200, 404, 401]);
  const list = await (await keyed.request(SEQUENCES, { headers: yours ?? {} })).json();
  assertEquals(list.data, []);
  const deleted = await keyed.request(path, { method: "DELETE", headers: yours ?? {} });
  assertEquals(deleted.status, 404);
  assertEquals((await keyed.request(path, { headers: mine ?? {} })).status, 200);
});

Deno.test("steps leave no tensor behind", async () => {
  const { path } = await beginSequence(app);
  const tensors = async () => {
    await step(path, makeRows(5, 11), "?output_mode=all");
    return pool.status().memory[0]?.tensors;
  };
  const before = await tensors();
  for (let count = 0; count < 5; count++) await step(path, makeRows(3, count));
  assertEquals(await tensors(), before);
});

Deno.test("a text in pieces of any length gives the outputs of the whole, spaces included", async () => {
  const text = "de la Cruz";
  const response = await app.request(
    "/v1/models/names-lstm:classify?top_k=18",
    sendJson({ inputs: text }),
  );
  const expected = scoresOf((await response.json()).predictions);
  for (const pieces of [[text], [...text], ["de ", "la", " Cru", "z"]]) {
    const begun = await app.request("/v1/models/names-lstm/sequences", { method: "POST" });
    const { id } = await begun.json();
    let last;
    for (const piece of pieces) {
      last = await step(`/v1/models/names-lstm/sequences/${id}`, piece, "?top_k=18");
    }
    assertEquals([last?.status, last?.steps_so_far], [200, text.length]);
    for (const [place, score] of scoresOf(last?.predictions).entries()) {
      assertAlmostEquals(score, expected[place] ?? NaN, 1e-5);
    }
  }
});

Deno.test("GET sequences gives pages, the most recently used first", async () => {
  await using test = await createTestApp({ stateLength: 1 });
  const made: string[] = [];
  for (let count = 0; count < 3; count++) {
    const response = await test.app.request("/v1/models/motion/sequences", { method: "POST" });
    made.unshift((await response.json()).id);
  }
  const list = async (query: string) => {
    const response = await test.app.request(`/v1/models/motion/sequences${query}`);
    const { data, has_more, error } = await response.json();
    const ids = data?.map(({ id }: { id: string }) => id);
    return { status: response.status, ids, has_more, error };
  };
  const first = await list("?limit=2");
  assertEquals([first.ids, first.has_more], [made.slice(0, 2), true]);
  const rest = await list(`?limit=2&after=${made[1]}`);
  assertEquals([rest.ids, rest.has_more], [made.slice(2), false]);
  for (const query of ["?after=sequence-nobody", "?limit=0", "?page=2"]) {
    assertEquals((await list(query)).status, 422, query);
  }
});
