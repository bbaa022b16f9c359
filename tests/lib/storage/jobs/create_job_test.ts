import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { ServiceError } from "../../../../lib/service_error.ts";
import { deleteDataset } from "../../../../lib/storage/datasets/delete_dataset.ts";
import { hashSamples } from "../../../../lib/storage/datasets/hash_samples.ts";
import { createJob, type CreateJobOptions } from "../../../../lib/storage/jobs/create_job.ts";
import { claimJob } from "../../../../lib/storage/jobs/job_queue.ts";
import { finishJob } from "../../../../lib/storage/jobs/finish_job.ts";
import { listJobs, readJob } from "../../../../lib/storage/jobs/jobs.ts";
import { listJobSamples } from "../../../../lib/storage/jobs/job_samples.ts";
import {
  addTexts,
  CLAIM,
  JOB_LIMITS,
  makeDataset,
  makeJob,
  storedTexts,
} from "../storage_fixtures.ts";
import { testOnPostgres, testWithDatabase } from "../test_databases.ts";

function request(datasetId: string, options: Partial<CreateJobOptions> = {}): CreateJobOptions {
  return {
    model: "edge-cnn",
    datasetId,
    resultModel: "pets-model",
    hyperparameters: { epochs: 5, hidden: [64] },
    requestHash: "hash",
    limits: JOB_LIMITS,
    ...options,
  };
}

testWithDatabase("createJob() makes a job that waits", async (database) => {
  const dataset = await makeDataset(database);
  const { job, isNew } = await createJob(database, request(dataset.id));
  assertEquals(isNew, true);
  assertMatch(job.id, /^ftjob-[0-9a-f]{24}$/);
  assertEquals(
    [job.status, job.dataset, job.hyperparameters, job.attempts, job.startedAt, job.progress],
    ["queued", "pets", { epochs: 5, hidden: [64] }, 0, null, null],
  );
  assertEquals(await readJob(database, job.id), job);
});

testWithDatabase("createJob() freezes the dataset as it stands", async (database) => {
  const dataset = await makeDataset(database);
  await addTexts(database, dataset.id, [["a", "cats"], ["b", "dogs"]]);
  const { id, datasetHash } = await makeJob(database, dataset.id);
  await addTexts(database, dataset.id, [["c", "cats"]]);
  await deleteDataset(database, "pets");
  const frozen = await listJobSamples(database, id);
  assertEquals(frozen.map((sample) => [sample.name, sample.class]), [
    ["a.txt", "cats"],
    ["b.txt", "dogs"],
  ]);
  assertEquals(datasetHash, hashSamples(frozen));
  // What the job froze stays; the rest went with the dataset.
  assertEquals(await storedTexts(database), ["a", "b"]);
});

testWithDatabase(
  "createJob() gives the same job for the same key and request",
  async (database) => {
    const { id } = await makeDataset(database);
    const first = await createJob(database, request(id, { idempotencyKey: "key" }));
    const again = await createJob(database, request(id, { idempotencyKey: "key" }));
    assertEquals(again, { job: first.job, isNew: false });
    const other = await createJob(database, request(id, { idempotencyKey: "other" }));
    assertEquals(other.isNew, true);
    const error = await assertRejects(
      () => createJob(database, request(id, { idempotencyKey: "key", requestHash: "changed" })),
      ServiceError,
      first.job.id,
    );
    assertEquals(error.code, "conflict");
  },
);

testOnPostgres("createJob() makes one job of a key that replicas get at once", async (place) => {
  await using here = await place.open();
  await using there = await place.open();
  const { id } = await makeDataset(here);
  const made = await Promise.all(
    [here, there, here, there].map((database) =>
      createJob(database, request(id, { idempotencyKey: "key" }))
    ),
  );
  assertEquals(new Set(made.map(({ job }) => job.id)).size, 1);
  assertEquals(made.filter(({ isNew }) => isNew).length, 1);
});

testWithDatabase("createJob() refuses a full queue and an unknown dataset", async (database) => {
  const { id } = await makeDataset(database);
  const limits = { ...JOB_LIMITS, unfinishedMax: 1 };
  await createJob(database, request(id, { limits }));
  const full = await assertRejects(
    () => createJob(database, request(id, { limits })),
    ServiceError,
    "at most 1 may wait or run: there are 1",
  );
  assertEquals([full.code, full.retryAfterSeconds], ["queue_full", 10]);
  const unknown = await assertRejects(() => makeJob(database, "none"), ServiceError);
  assertEquals(unknown.code, "dataset_not_found");
  assertEquals((await listJobs(database, { limit: 10 })).items.length, 1);
});

testWithDatabase(
  "createJob() deletes the oldest jobs that have ended, with their bytes",
  async (database) => {
    const limits = { ...JOB_LIMITS, finishedMax: 1 };
    const ids: string[] = [];
    for (const name of ["first", "second", "third"]) {
      const dataset = await makeDataset(database, name);
      await addTexts(database, dataset.id, [[name, "cats"]]);
      ids.push((await makeJob(database, dataset.id, { limits })).id);
      await deleteDataset(database, name);
      if (name === "third") break;
      const claimed = await claimJob(database, CLAIM);
      if (!claimed) throw new Error("No job");
      await finishJob(database, { lease: claimed.lease, outcome: { status: "cancelled" } });
    }
    const { items } = await listJobs(database, { limit: 10 });
    assertEquals(items.map(({ id }) => id), [ids[2], ids[1]]);
    assertEquals(await storedTexts(database), ["second", "third"]);
  },
);
