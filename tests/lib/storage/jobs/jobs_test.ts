import { assertEquals, assertRejects } from "@std/assert";
import { ServiceError } from "../../../../lib/service_error.ts";
import { finishJob } from "../../../../lib/storage/jobs/finish_job.ts";
import { claimJob, renewLease } from "../../../../lib/storage/jobs/job_queue.ts";
import {
  cancelJob,
  deleteOldJobs,
  listJobs,
  readEvaluation,
  readJob,
} from "../../../../lib/storage/jobs/jobs.ts";
import { CLAIM, makeDataset, makeJob } from "../storage_fixtures.ts";
import { testWithDatabase } from "../test_databases.ts";

testWithDatabase(
  "readJob() and readEvaluation() say that there is no such job",
  async (database) => {
    for (const read of [readJob, readEvaluation, cancelJob]) {
      const error = await assertRejects(() => read(database, "ftjob-none"), ServiceError);
      assertEquals(error.code, "job_not_found");
    }
  },
);

testWithDatabase("readEvaluation() gives undefined before there is one", async (database) => {
  const dataset = await makeDataset(database);
  const { id } = await makeJob(database, dataset.id);
  assertEquals(await readEvaluation(database, id), undefined);
});

testWithDatabase("listJobs() gives pages, the newest first", async (database) => {
  const dataset = await makeDataset(database);
  const ids: string[] = [];
  for (let index = 0; index < 3; index++) ids.unshift((await makeJob(database, dataset.id)).id);
  const first = await listJobs(database, { limit: 2 });
  assertEquals([first.items.map(({ id }) => id), first.hasMore], [ids.slice(0, 2), true]);
  const second = await listJobs(database, { after: ids[1], limit: 2 });
  assertEquals([second.items.map(({ id }) => id), second.hasMore], [ids.slice(2), false]);
});

testWithDatabase("cancelJob() ends a job that waits at once", async (database) => {
  const dataset = await makeDataset(database);
  const { id } = await makeJob(database, dataset.id);
  const job = await cancelJob(database, id);
  assertEquals([job.status, typeof job.finishedAt], ["cancelled", "number"]);
  assertEquals(await claimJob(database, CLAIM), undefined);
});

testWithDatabase("cancelJob() tells whoever works on the job", async (database) => {
  const dataset = await makeDataset(database);
  const { id } = await makeJob(database, dataset.id);
  const claimed = await claimJob(database, CLAIM);
  if (!claimed) throw new Error("No job");
  const { lease } = claimed;
  assertEquals(await renewLease(database, { lease, leaseMs: 1000 }), { cancelRequested: false });
  const job = await cancelJob(database, id);
  assertEquals([job.status, job.cancelRequested], ["running", true]);
  assertEquals(await renewLease(database, { lease, leaseMs: 1000 }), { cancelRequested: true });
});

testWithDatabase("cancelJob() leaves a job that has ended as it is", async (database) => {
  const dataset = await makeDataset(database);
  const { id } = await makeJob(database, dataset.id);
  const claimed = await claimJob(database, CLAIM);
  if (!claimed) throw new Error("No job");
  const error = { code: "no", message: "No", param: null };
  await finishJob(database, { lease: claimed.lease, outcome: { status: "failed", error } });
  const job = await cancelJob(database, id);
  assertEquals([job.status, job.cancelRequested, job.error], ["failed", false, error]);
});

testWithDatabase("deleteOldJobs() spares jobs that have not ended", async (database) => {
  const dataset = await makeDataset(database);
  const waiting = await makeJob(database, dataset.id);
  const ended = await makeJob(database, dataset.id);
  await cancelJob(database, ended.id);
  await deleteOldJobs(database, 0);
  const { items } = await listJobs(database, { limit: 10 });
  assertEquals(items.map(({ id }) => id), [waiting.id]);
});
