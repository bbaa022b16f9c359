import { assert, assertEquals } from "@std/assert";
import type { OpenDatabase } from "../../lib/storage/database.ts";
import { appendEvent } from "../../lib/storage/jobs/job_events.ts";
import { openSqliteDatabase } from "../../lib/storage/sqlite_database.ts";
import { createJobApp, JOBS, makeTexts, waitForEnd } from "./job_fixtures.ts";
import { sendJson } from "./dataset_fixtures.ts";
import type { TestApp } from "./test_app.ts";

async function orderJob(test: TestApp, hyperparameters = {}): Promise<string> {
  await makeTexts(test);
  const body = { model: "letters", training_file: "texts", name: "mine", hyperparameters };
  return (await (await sendJson(test, JOBS, { body })).json()).id;
}

/** The events of a stream, each with its id and data. */
function parseStream(text: string): { id: string | undefined; data: string }[] {
  return text.trim().split("\n\n").map((block) => ({
    id: /^id: (.*)$/m.exec(block)?.[1],
    data: /^data: (.*)$/m.exec(block)?.[1] ?? "",
  }));
}

async function readStream({ app }: TestApp, id: string, lastEventId?: string) {
  const headers: Record<string, string> = { Accept: "text/event-stream" };
  if (lastEventId !== undefined) headers["Last-Event-ID"] = lastEventId;
  const response = await app.request(`${JOBS}/${id}/events`, { headers });
  assertEquals(response.headers.get("Content-Type"), "text/event-stream");
  return parseStream(await response.text());
}

Deno.test("GET .../events streams from the first to the last event and ends with the job", async () => {
  await using test = await createJobApp();
  const id = await orderJob(test);
  const stream = readStream(test, id);
  await test.runner.start();
  const events = await stream;
  assertEquals(events.at(-1), { id: undefined, data: "[DONE]" });
  const messages = events.slice(0, -1).map(({ data }) => JSON.parse(data).message);
  assertEquals(messages[0], "Validating 20 samples");
  assertEquals(messages.at(-1), "Saved version 1 of mine");
  const ids = events.slice(0, -1).map((event) => Number(event.id));
  assertEquals(ids, ids.map((_, index) => index + 1));
  assertEquals((await waitForEnd(test, id)).status, "succeeded");
});

Deno.test("GET .../events goes on after Last-Event-ID, also when the job has ended", async () => {
  await using test = await createJobApp();
  const id = await orderJob(test);
  await test.runner.start();
  const all = await readStream(test, id);
  const rest = await readStream(test, id, "2");
  assertEquals(rest, all.slice(2));
  assertEquals(await readStream(test, id, String(all.length - 1)), all.slice(-1));
  const wrong = await test.app.request(`${JOBS}/${id}/events`, {
    headers: { Accept: "text/event-stream", "Last-Event-ID": "x" },
  });
  assertEquals([wrong.status, (await wrong.json()).error.param], [422, "after"]);
});

Deno.test("GET .../events ends without the mark when the service stops", async () => {
  let isDraining = false;
  await using test = await createJobApp({}, { isDraining: () => isDraining });
  const id = await orderJob(test);
  const stream = readStream(test, id);
  isDraining = true;
  await appendEvent(test.database, { jobId: id, message: "Given back", eventsMax: 10 });
  assertEquals((await stream).map(({ data }) => JSON.parse(data).message), ["Given back"]);
});

Deno.test("GET .../events follows the job no longer than its client stays", async () => {
  let watchers = 0;
  const opened = await openSqliteDatabase(":memory:");
  const database: OpenDatabase = {
    ...opened,
    watchChanges(listener) {
      const watcher = opened.watchChanges(listener);
      watchers++;
      return {
        [Symbol.dispose]() {
          watchers--;
          watcher[Symbol.dispose]();
        },
      };
    },
  };
  await using test = await createJobApp({}, { database });
  const id = await orderJob(test);
  for (let count = 0; count < 50; count++) {
    await appendEvent(database, { jobId: id, message: "x".repeat(1_000), eventsMax: 100 });
  }
  const before = watchers;
  const { body } = await test.app.request(`${JOBS}/${id}/events`, {
    headers: { Accept: "text/event-stream" },
  });
  const reader = body?.getReader();
  await reader?.read();
  assertEquals(watchers, before + 1);
  // There are more events than it has read.
  await reader?.cancel();
  await new Promise((resolve) => setTimeout(resolve, 50));
  assertEquals(watchers, before);
});

Deno.test("GET .../events lists the newest first, page by page", async () => {
  await using test = await createJobApp();
  const id = await orderJob(test);
  await test.runner.start();
  await waitForEnd(test, id);
  const read = async (query = "") =>
    await (await test.app.request(`${JOBS}/${id}/events${query}`)).json();
  const { data, has_more } = await read("?limit=100");
  assertEquals([data[0].message, data[0].object, has_more], [
    "Saved version 1 of mine",
    "fine_tuning.job.event",
    false,
  ]);
  const page = await read("?limit=2");
  assertEquals([page.data, page.has_more], [data.slice(0, 2), true]);
  const next = await read(`?limit=2&after=${page.data[1].id}`);
  assertEquals(next.data, data.slice(2, 4));
  const last = await read(`?after=ftevent-1`);
  assertEquals([last.data, last.has_more], [[], false]);
  assertEquals((await read("?after=x")).error.param, "after");
  const metrics = data.findLast(({ type }: { type: string }) => type === "metrics");
  assertEquals(metrics.data.step, 1);
});

Deno.test("GET .../evaluation gives the scores once the job has succeeded", async () => {
  await using test = await createJobApp();
  const id = await orderJob(test);
  const path = `${JOBS}/${id}/evaluation`;
  const early = await test.app.request(path);
  assertEquals([early.status, (await early.json()).error.code], [404, "not_found"]);
  await test.runner.start();
  await waitForEnd(test, id);
  const evaluation = await (await test.app.request(path)).json();
  assertEquals(evaluation.confusion.classes, ["long", "short"]);
  const [cell] = evaluation.confusion.cells[0];
  assert(cell[0].startsWith("sample-"));
  const sample = await test.app.request(`/v1/datasets/texts/samples/${cell[0]}`);
  assertEquals((await sample.json()).class, "long");
  assertEquals(evaluation.validation.accuracy, 1);
});

Deno.test("GET .../checkpoints lists what a job kept, and says where a job is unknown", async () => {
  await using test = await createJobApp();
  const id = await orderJob(test);
  const read = async (query = "") =>
    await (await test.app.request(`${JOBS}/${id}/checkpoints${query}`)).json();
  assertEquals(await read(), { object: "list", data: [], has_more: false });
  await test.runner.start();
  const { data: [checkpoint] } = await waitForEnd(test, id).then(() => read());
  assertEquals([checkpoint.object, checkpoint.metrics.valid_accuracy], [
    "fine_tuning.job.checkpoint",
    1,
  ]);
  assertEquals((await read(`?after=${checkpoint.id}`)).data, []);
  for (const record of ["checkpoints", "events", "evaluation"]) {
    const missing = await test.app.request(`${JOBS}/ftjob-0/${record}`);
    assertEquals([missing.status, (await missing.json()).error.code], [404, "job_not_found"]);
  }
});
