import { assert, assertEquals, assertRejects } from "@std/assert";
import { ServiceError } from "../../../../lib/service_error.ts";
import type { Database } from "../../../../lib/storage/database.ts";
import { completeJob, finishJob } from "../../../../lib/storage/jobs/finish_job.ts";
import { claimJob, type JobLease } from "../../../../lib/storage/jobs/job_queue.ts";
import { readEvaluation, readJob } from "../../../../lib/storage/jobs/jobs.ts";
import { findModel, readHead } from "../../../../lib/storage/models/stored_models.ts";
import { CLAIM, makeDataset, makeJob, MODEL_LIMITS } from "../storage_fixtures.ts";
import { testWithDatabase } from "../test_databases.ts";

const head = new Uint8Array([1, 2, 3]);
const version = {
  model: "pets-model",
  backboneSha256: "backbone",
  head,
  card: { accuracy: 0.9 },
  labels: ["stable"],
  limits: MODEL_LIMITS,
};
const evaluation = { accuracy: 0.9, confusion: [[1, 0], [0, 1]] };

async function claimNew(database: Database, leaseMs = 60_000): Promise<JobLease> {
  const dataset = await makeDataset(database);
  await makeJob(database, dataset.id);
  const claimed = await claimJob(database, { ...CLAIM, leaseMs });
  assert(claimed);
  return claimed.lease;
}

async function assertLost(action: () => Promise<unknown>): Promise<void> {
  assertEquals((await assertRejects(action, ServiceError)).code, "lease_lost");
}

testWithDatabase("completeJob() publishes the version and ends the job", async (database) => {
  const lease = await claimNew(database);
  const published = await completeJob(database, { lease, version, evaluation });
  assertEquals(published, { model: "pets-model", version: 1 });
  const job = await readJob(database, lease.jobId);
  assertEquals([job.status, job.resultVersion, typeof job.finishedAt], ["succeeded", 1, "number"]);
  assertEquals(await readEvaluation(database, lease.jobId), evaluation);
  assertEquals(await readHead(database, published), head);
  assertEquals((await findModel(database, "pets-model"))?.labels, { stable: 1 });
});

testWithDatabase("completeJob() works once", async (database) => {
  const lease = await claimNew(database);
  await completeJob(database, { lease, version, evaluation });
  await assertLost(() => completeJob(database, { lease, version, evaluation }));
  await assertLost(() => finishJob(database, { lease, outcome: { status: "cancelled" } }));
  assertEquals((await findModel(database, "pets-model"))?.versions.length, 1);
});

testWithDatabase(
  "completeJob() publishes nothing when somebody else has the job",
  async (database) => {
    const lease = await claimNew(database, 0);
    assert(await claimJob(database, CLAIM));
    await assertLost(() => completeJob(database, { lease, version, evaluation }));
    assertEquals(await findModel(database, "pets-model"), undefined);
    assertEquals((await readJob(database, lease.jobId)).status, "running");
  },
);

testWithDatabase("finishJob() keeps why a job failed", async (database) => {
  const lease = await claimNew(database);
  const error = { code: "invalid_value", message: "Diverged", param: "learning_rate" };
  await finishJob(database, { lease, outcome: { status: "failed", error } });
  const job = await readJob(database, lease.jobId);
  assertEquals([job.status, job.error], ["failed", error]);
  await assertLost(() => finishJob(database, { lease, outcome: { status: "cancelled" } }));
});
