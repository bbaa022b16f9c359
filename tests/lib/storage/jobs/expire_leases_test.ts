import { assertEquals, assertRejects } from "@std/assert";
import { ServiceError } from "../../../../lib/service_error.ts";
import { expireLeases } from "../../../../lib/storage/jobs/expire_leases.ts";
import { claimJob, releaseJob } from "../../../../lib/storage/jobs/job_queue.ts";
import { addTexts, CLAIM, makeDataset, makeJob } from "../storage_fixtures.ts";
import { testWithDatabase } from "../test_databases.ts";

testWithDatabase("expireLeases() lets a job be taken up again at once", async (database) => {
  const { id } = await makeDataset(database);
  await addTexts(database, id, [["a", "x"], ["b", "y"]]);
  const job = await makeJob(database, id);
  const first = await claimJob(database, CLAIM);
  assertEquals(await claimJob(database, CLAIM), undefined);
  await expireLeases(database);
  const second = await claimJob(database, CLAIM);
  assertEquals([second?.job.id, second?.job.attempts], [job.id, 2]);
  const { lease } = first ?? {};
  if (!lease) throw new TypeError("The job must be claimed");
  const error = await assertRejects(() => releaseJob(database, lease), ServiceError);
  assertEquals(error.code, "lease_lost");
});

testWithDatabase("expireLeases() leaves jobs alone that nobody works on", async (database) => {
  const { id } = await makeDataset(database);
  const job = await makeJob(database, id);
  await expireLeases(database);
  const claimed = await claimJob(database, CLAIM);
  assertEquals([claimed?.job.id, claimed?.job.attempts], [job.id, 1]);
});
