import { assert, assertEquals, assertRejects } from "@std/assert";
import { ServiceError } from "../../../../lib/service_error.ts";
import { listCheckpoints, storeCheckpoint } from "../../../../lib/storage/jobs/job_checkpoints.ts";
import { claimJob, releaseJob } from "../../../../lib/storage/jobs/job_queue.ts";
import { CLAIM, makeDataset, makeJob } from "../storage_fixtures.ts";
import { testWithDatabase } from "../test_databases.ts";

testWithDatabase(
  "storeCheckpoint() keeps the newest steps and replaces one of the same",
  async (database) => {
    const dataset = await makeDataset(database);
    const { id } = await makeJob(database, dataset.id);
    const claimed = await claimJob(database, CLAIM);
    assert(claimed);
    const store = (step: number, loss: number) =>
      storeCheckpoint(database, {
        lease: claimed.lease,
        step,
        metrics: { loss },
        weights: new Uint8Array([step]),
        checkpointsMax: 2,
      });
    assertEquals(await listCheckpoints(database, id), []);
    for (const [step, loss] of [[10, 3], [9, 4], [11, 2], [11, 1]] as const) {
      await store(
        step,
        loss,
      );
    }
    const checkpoints = await listCheckpoints(database, id);
    assertEquals(checkpoints.map(({ step, metrics }) => [step, metrics]), [
      [11, { loss: 1 }],
      [10, { loss: 3 }],
    ]);
    const { weights } = await database.query.selectFrom("jobCheckpoints").select("weights")
      .where("step", "=", 11).executeTakeFirstOrThrow();
    assertEquals(weights, new Uint8Array([11]));
    await releaseJob(database, claimed.lease);
    const error = await assertRejects(() => store(12, 0), ServiceError);
    assertEquals(error.code, "lease_lost");
  },
);
