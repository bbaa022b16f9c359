import { assert, assertEquals, assertRejects } from "@std/assert";
import { ServiceError } from "../../../../lib/service_error.ts";
import type { Database } from "../../../../lib/storage/database.ts";
import {
  type ClaimedJob,
  claimJob,
  type ClaimJobOptions,
  holdLease,
  releaseJob,
  renewLease,
  updateJob,
} from "../../../../lib/storage/jobs/job_queue.ts";
import { cancelJob, readJob } from "../../../../lib/storage/jobs/jobs.ts";
import { CLAIM, JOB_LIMITS, makeDataset, makeJob } from "../storage_fixtures.ts";
import { testOnPostgres, testWithDatabase } from "../test_databases.ts";

/** A lease that is over when the next statement runs. */
const EXPIRED = { ...CLAIM, leaseMs: 0 };
const PROGRESS = { stage: "embedding", done: 3, total: 10, remainingMs: null };

async function makeJobs(database: Database, count: number): Promise<string[]> {
  const { id } = await makeDataset(database);
  const limits = { ...JOB_LIMITS, unfinishedMax: count };
  const ids: string[] = [];
  for (let index = 0; index < count; index++) {
    ids.push((await makeJob(database, id, { limits })).id);
  }
  return ids;
}

async function claim(database: Database, options: ClaimJobOptions = CLAIM): Promise<ClaimedJob> {
  const claimed = await claimJob(database, options);
  assert(claimed);
  return claimed;
}

async function assertLost(action: () => Promise<unknown>): Promise<void> {
  assertEquals((await assertRejects(action, ServiceError)).code, "lease_lost");
}

testWithDatabase("claimJob() gives each job once, the oldest first", async (database) => {
  const ids = await makeJobs(database, 2);
  const first = await claim(database);
  const { job, attempts } = { job: first.job, attempts: first.job.attempts };
  assertEquals([job.id, job.status, attempts, typeof job.startedAt], [
    ids[0],
    "running",
    1,
    "number",
  ]);
  assertEquals((await claim(database)).job.id, ids[1]);
  assertEquals(await claimJob(database, CLAIM), undefined);
});

testWithDatabase("claimJob() never gives a job to two who ask at once", async (database) => {
  const ids = await makeJobs(database, 10);
  const claims = await Promise.all(Array.from({ length: 20 }, () => claimJob(database, CLAIM)));
  const claimed = claims.flatMap((found) => found ? [found.job.id] : []);
  assertEquals(claimed.toSorted(), ids.toSorted());
});

testOnPostgres("claimJob() never gives a job to two replicas", async (place) => {
  await using here = await place.open();
  await using there = await place.open();
  const ids = await makeJobs(here, 30);
  async function takeAll(database: Database): Promise<string[]> {
    const taken: string[] = [];
    for (let found; (found = await claimJob(database, CLAIM));) taken.push(found.job.id);
    return taken;
  }
  const taken = await Promise.all([here, there, here, there].map(takeAll));
  assertEquals(taken.flat().toSorted(), ids.toSorted());
});

testWithDatabase("claimJob() takes up a job whose lease ran out", async (database) => {
  const [id] = await makeJobs(database, 1);
  const first = await claim(database, EXPIRED);
  const second = await claim(database);
  assertEquals([second.job.id, second.job.attempts], [id, 2]);
  assertEquals(second.job.startedAt, first.job.startedAt);
  await assertLost(() => renewLease(database, { lease: first.lease, leaseMs: 1000 }));
  const { lease } = first;
  await assertLost(() => updateJob(database, { lease, status: "running", progress: PROGRESS }));
  await assertLost(() => releaseJob(database, first.lease));
});

testWithDatabase("claimJob() gives up a job after the last attempt", async (database) => {
  const [id = ""] = await makeJobs(database, 1);
  await claim(database, { ...EXPIRED, attemptsMax: 2 });
  const { lease } = await claim(database, { ...EXPIRED, attemptsMax: 2 });
  assertEquals(await claimJob(database, { ...CLAIM, attemptsMax: 2 }), undefined);
  const job = await readJob(database, id);
  assertEquals([job.status, job.error?.code], ["failed", "internal_error"]);
  await assertLost(() => renewLease(database, { lease, leaseMs: 1000 }));
});

testWithDatabase(
  "claimJob() cancels an abandoned job that was to be cancelled",
  async (database) => {
    const [id = ""] = await makeJobs(database, 1);
    const { lease } = await claim(database);
    await cancelJob(database, id);
    await renewLease(database, { lease, leaseMs: 0 });
    assertEquals(await claimJob(database, CLAIM), undefined);
    assertEquals((await readJob(database, id)).status, "cancelled");
  },
);

testWithDatabase("renewLease() keeps a job from being taken up", async (database) => {
  await makeJobs(database, 1);
  const { lease } = await claim(database, EXPIRED);
  await renewLease(database, { lease, leaseMs: 60_000 });
  assertEquals(await claimJob(database, CLAIM), undefined);
});

testWithDatabase("updateJob() writes status and progress", async (database) => {
  const [id = ""] = await makeJobs(database, 1);
  const { lease } = await claim(database);
  await updateJob(database, { lease, status: "validating_files", progress: PROGRESS });
  const job = await readJob(database, id);
  assertEquals([job.status, job.progress], ["validating_files", PROGRESS]);
  await assertLost(() =>
    updateJob(database, {
      lease: { ...lease, token: "another" },
      status: "running",
      progress: PROGRESS,
    })
  );
  assertEquals((await readJob(database, id)).status, "validating_files");
});

testWithDatabase("releaseJob() gives a job back without counting the attempt", async (database) => {
  const [id = ""] = await makeJobs(database, 1);
  const { lease } = await claim(database);
  await releaseJob(database, lease);
  const job = await readJob(database, id);
  assertEquals([job.status, job.attempts], ["queued", 0]);
  await assertLost(() => holdLease(database, lease));
  assertEquals((await claim(database)).job.id, id);
});
