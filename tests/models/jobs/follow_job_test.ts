import { assert, assertEquals, assertRejects } from "@std/assert";
import { appendEvent } from "../../../lib/storage/jobs/job_events.ts";
import { cancelJob } from "../../../lib/storage/jobs/jobs.ts";
import { ServiceError } from "../../../lib/service_error.ts";
import { followJob, waitForJob } from "../../../models/jobs/follow_job.ts";
import { addJob, fillDataset, makePairs, openTestStation } from "../training/training_fixtures.ts";

const NEVER = new AbortController().signal;

async function openJob() {
  const station = await openTestStation();
  const { database } = station;
  const { id } = await addJob(database, await fillDataset(database, makePairs(4)));
  return {
    database,
    id,
    tell: (message: string) => appendEvent(database, { jobId: id, message, eventsMax: 1_000 }),
    [Symbol.asyncDispose]: () => station[Symbol.asyncDispose](),
  };
}

Deno.test("followJob() gives events as they come and ends with the job", async () => {
  await using test = await openJob();
  await test.tell("first");
  const events = followJob(test.database, test.id, { after: 0, signal: NEVER });
  const next = async () => {
    const { value, done } = await events.next();
    return done ? value.status : value.message;
  };
  assertEquals(await next(), "first");
  const second = next();
  await test.tell("second");
  assertEquals(await second, "second");
  const end = next();
  await cancelJob(test.database, test.id);
  assertEquals(await end, "cancelled");
});

Deno.test("followJob() gives all of many events, after the one that was seen", async () => {
  await using test = await openJob();
  for (let index = 1; index <= 205; index++) await test.tell(`${index}`);
  await cancelJob(test.database, test.id);
  const found: string[] = [];
  for await (const { message } of followJob(test.database, test.id, { after: 3, signal: NEVER })) {
    found.push(message);
  }
  assertEquals([found.length, found[0], found.at(-1)], [202, "4", "205"]);
});

Deno.test("followJob() ends with its signal, and for an unknown job", async () => {
  await using test = await openJob();
  const controller = new AbortController();
  const waiting = followJob(test.database, test.id, { after: 0, signal: controller.signal }).next();
  setTimeout(() => controller.abort(new Error("gone")), 10);
  await assertRejects(() => waiting, Error, "gone");
  const unknown = followJob(test.database, "ftjob-0", { after: 0, signal: NEVER });
  assertEquals((await assertRejects(() => unknown.next(), ServiceError)).code, "job_not_found");
});

Deno.test("waitForJob() waits for the end, but not longer than it may", async () => {
  await using test = await openJob();
  const started = performance.now();
  const early = await waitForJob(test.database, test.id, { timeoutMs: 50, signal: NEVER });
  assertEquals(early.status, "queued");
  assert(performance.now() - started >= 45);
  const waiting = waitForJob(test.database, test.id, { timeoutMs: 60_000, signal: NEVER });
  await cancelJob(test.database, test.id);
  assertEquals((await waiting).status, "cancelled");
});

Deno.test("followJob() and waitForJob() end early when it is over", async () => {
  await using test = await openJob();
  const options = { signal: NEVER, isOver: () => true };
  await test.tell("first");
  const events = followJob(test.database, test.id, { ...options, after: 0 });
  assertEquals((await events.next()).done, false);
  const { done, value } = await events.next();
  assertEquals([done, done && value.status], [true, "queued"]);
  const job = await waitForJob(test.database, test.id, { ...options, timeoutMs: 60_000 });
  assertEquals(job.status, "queued");
});
