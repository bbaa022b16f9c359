import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import type { OpenDatabase } from "../../../lib/storage/database.ts";
import type { Job } from "../../../lib/storage/jobs/job.ts";
import { listEvents } from "../../../lib/storage/jobs/job_events.ts";
import { claimJob } from "../../../lib/storage/jobs/job_queue.ts";
import { cancelJob, readJob } from "../../../lib/storage/jobs/jobs.ts";
import { findModel } from "../../../lib/storage/models/stored_models.ts";
import { JobRunner, type JobRunnerOptions } from "../../../models/jobs/job_runner.ts";
import { CLAIM } from "../../lib/storage/storage_fixtures.ts";
import { testOnPostgres } from "../../lib/storage/test_databases.ts";
import {
  addJob,
  BROKEN_BYTE,
  embedBytes,
  fillDataset,
  makePairs,
  openTestStation,
  type TestStation,
  type TestStationOptions,
} from "../training/training_fixtures.ts";

type Condition = (job: Job) => boolean;
const ENDED: Condition = ({ status }) => ["succeeded", "failed", "cancelled"].includes(status);

async function until(database: OpenDatabase, id: string, condition: Condition): Promise<Job> {
  for (let attempt = 0; attempt < 3_000; attempt++) {
    const job = await readJob(database, id);
    if (condition(job)) return job;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`The job is ${JSON.stringify(await readJob(database, id))}`);
}

async function startRunner(station: TestStation, options: Partial<JobRunnerOptions> = {}) {
  const runner = new JobRunner(station, { concurrentMax: 1, owner: "test", ...options });
  await runner.start();
  return { runner, [Symbol.asyncDispose]: () => runner.stop() };
}

/** Embeds nothing until it is opened. */
function gate() {
  const opened = Promise.withResolvers<void>();
  const run: TestStationOptions["run"] = async (task) => {
    await opened.promise;
    return await embedBytes(task);
  };
  return { run, open: opened.resolve };
}

Deno.test("JobRunner runs a job that waits and those that come", async () => {
  await using station = await openTestStation();
  const { database } = station;
  const dataset = await fillDataset(database, makePairs(20));
  const waiting = await addJob(database, dataset);
  await using _runner = await startRunner(station);
  assertEquals((await until(database, waiting.id, ENDED)).status, "succeeded");
  const next = await addJob(database, dataset);
  const job = await until(database, next.id, ENDED);
  assertEquals([job.status, job.resultVersion, job.attempts], ["succeeded", 2, 1]);
});

Deno.test("JobRunner cancels a job that runs, within a second", async () => {
  const { run, open } = gate();
  await using station = await openTestStation({ run });
  const { database } = station;
  const { id } = await addJob(database, await fillDataset(database, makePairs(20)));
  await using _runner = await startRunner(station);
  await until(database, id, ({ progress }) => progress?.stage === "embedding");
  const started = performance.now();
  await cancelJob(database, id);
  const job = await until(database, id, ENDED);
  assertEquals([job.status, job.error], ["cancelled", null]);
  assert(performance.now() - started < 1_000);
  assertEquals(await findModel(database, "made"), undefined);
  open();
});

Deno.test("JobRunner fails a job with the code, the message and the parameter at fault", async () => {
  await using station = await openTestStation();
  const { database } = station;
  const dataset = await fillDataset(database, makePairs(1));
  const { id } = await addJob(database, dataset);
  await using _runner = await startRunner(station);
  const { status, error } = await until(database, id, ENDED);
  assertEquals([status, error?.code, error?.param], ["failed", "invalid_value", "training_file"]);
  const events = await listEvents(database, { jobId: id, after: 0, limit: 10 });
  assertEquals([events.at(-1)?.level, events.at(-1)?.message], ["error", error?.message]);
});

Deno.test("JobRunner says of a failed job which samples were left out before", async () => {
  await using station = await openTestStation();
  const { database } = station;
  const broken = [1, 2].map((byte) => [Uint8Array.of(BROKEN_BYTE, byte), "broken"] as const);
  const sound = makePairs(6).filter(([, name]) => name === "low");
  const dataset = await fillDataset(database, [...sound, ...broken]);
  const { id } = await addJob(database, dataset);
  await using _runner = await startRunner(station);
  const { error } = await until(database, id, ENDED);
  assertStringIncludes(error?.message ?? "", "at least 2 classes: it has 1; warnings in");
  assertMatch(error?.message ?? "", /events: 2, the first: Left out ".+": Cannot decode image$/);
});

Deno.test("JobRunner.stop() gives a job back, which does not count as an attempt", async () => {
  const { run, open } = gate();
  await using station = await openTestStation({ run });
  const { database } = station;
  const { id } = await addJob(database, await fillDataset(database, makePairs(20)));
  const { runner } = await startRunner(station);
  await until(database, id, ({ progress }) => progress?.stage === "embedding");
  await runner.stop();
  const { status, attempts } = await readJob(database, id);
  assertEquals([status, attempts], ["queued", 0]);
  open();
  await using _other = await startRunner(station);
  assertEquals((await until(database, id, ENDED)).status, "succeeded");
});

Deno.test("JobRunner takes up at once what a killed process has left, three times at most", async () => {
  await using station = await openTestStation();
  const { database } = station;
  const { id } = await addJob(database, await fillDataset(database, makePairs(20)));
  await claimJob(database, CLAIM);
  {
    await using _runner = await startRunner(station);
    const job = await until(database, id, ENDED);
    assertEquals([job.status, job.attempts], ["succeeded", 2]);
  }
  const doomed = await addJob(database, await fillDataset(database, makePairs(2), { name: "b" }));
  for (let attempt = 0; attempt < 3; attempt++) {
    await claimJob(database, { ...CLAIM, leaseMs: 0, attemptsMax: 99 });
  }
  await using _runner = await startRunner(station);
  const { status, error } = await until(database, doomed.id, ENDED);
  assertEquals([status, error?.code], ["failed", "internal_error"]);
});

Deno.test("JobRunner takes up again a job that lost the database, and does not fail it", async () => {
  let isAway = true;
  const run: TestStationOptions["run"] = async (task) => {
    if (!isAway) return await embedBytes(task);
    isAway = false;
    const message = "terminating connection due to administrator command";
    throw Object.assign(new Error(message), { code: "57P01" });
  };
  await using station = await openTestStation({ run });
  const { database } = station;
  const { id } = await addJob(database, await fillDataset(database, makePairs(20)));
  await using _runner = await startRunner(station, { leaseMs: 200, pollMs: 50 });
  const { status, error, attempts } = await until(database, id, ENDED);
  assertEquals([status, error, attempts], ["succeeded", null, 2]);
});

Deno.test("JobRunner says of a job that failed by a full disk that the disk is full", async () => {
  const run: TestStationOptions["run"] = () =>
    Promise.reject(Object.assign(new Error("database or disk is full"), { errcode: 13 }));
  await using station = await openTestStation({ run });
  const { database } = station;
  const { id } = await addJob(database, await fillDataset(database, makePairs(20)));
  await using _runner = await startRunner(station);
  const { status, error } = await until(database, id, ENDED);
  assertEquals([status, error?.code], ["failed", "storage_full"]);
});

Deno.test("JobRunner runs as many jobs at a time as it may", async () => {
  const { run, open } = gate();
  await using station = await openTestStation({ run });
  const { database } = station;
  const dataset = await fillDataset(database, makePairs(20));
  const jobs = [];
  for (let index = 0; index < 3; index++) jobs.push(await addJob(database, dataset));
  await using _runner = await startRunner(station, { concurrentMax: 2 });
  await until(database, jobs[1]?.id ?? "", ({ attempts }) => attempts === 1);
  await new Promise((resolve) => setTimeout(resolve, 50));
  assertEquals((await readJob(database, jobs[2]?.id ?? "")).status, "queued");
  open();
  for (const { id } of jobs) assertEquals((await until(database, id, ENDED)).status, "succeeded");
});

Deno.test("JobRunner renews its lease for as long as the job runs", async () => {
  const { run, open } = gate();
  await using station = await openTestStation({ run });
  const { database } = station;
  const { id } = await addJob(database, await fillDataset(database, makePairs(4)));
  await using _runner = await startRunner(station, { leaseMs: 200 });
  await until(database, id, ({ attempts }) => attempts === 1);
  await new Promise((resolve) => setTimeout(resolve, 600));
  assertEquals(await claimJob(database, CLAIM), undefined);
  open();
  assertEquals((await until(database, id, ENDED)).status, "succeeded");
});

testOnPostgres("two replicas never run one job twice, and each takes its part", async (place) => {
  await using first = await place.open();
  await using second = await place.open();
  await using one = await openTestStation({ database: first });
  await using two = await openTestStation({ database: second });
  const dataset = await fillDataset(first, makePairs(20));
  const jobs = [];
  for (let index = 0; index < 6; index++) jobs.push(await addJob(first, dataset));
  await using _one = await startRunner(one);
  await using _two = await startRunner(two);
  for (const { id } of jobs) {
    const job = await until(first, id, ENDED);
    assertEquals([job.status, job.attempts], ["succeeded", 1]);
  }
  assertEquals((await findModel(first, "made"))?.versions.length, 6);
});

testOnPostgres("a replica cancels a job that another one runs", async (place) => {
  const { run, open } = gate();
  await using first = await place.open();
  await using second = await place.open();
  await using station = await openTestStation({ database: first, run });
  const { id } = await addJob(first, await fillDataset(first, makePairs(20)));
  await using _runner = await startRunner(station);
  await until(second, id, ({ progress }) => progress?.stage === "embedding");
  await cancelJob(second, id);
  assertEquals((await until(second, id, ENDED)).status, "cancelled");
  open();
});
