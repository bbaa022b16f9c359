import type { Database } from "../database.ts";
import { inTransaction } from "../in_transaction.ts";
import type { Bytes } from "../schema.ts";
import { holdLease, type JobLease } from "./job_queue.ts";

/** A state of the weights on the way. */
export interface JobCheckpoint {
  /** Number of the training step. */
  step: number;
  /** When, in milliseconds since 1970. */
  createdAt: number;
  /** How good the weights were. */
  metrics: Record<string, unknown>;
}

/** What {@linkcode storeCheckpoint} needs. */
export interface StoreCheckpointOptions {
  /** The lease: only its holder may write. */
  lease: JobLease;
  /** Number of the training step. */
  step: number;
  /** How good the weights are. */
  metrics: Record<string, unknown>;
  /** An encoded head, for whoever looks into the table. */
  weights: Bytes;
  /** Most checkpoints of a job; beyond it those of the lowest steps are dropped. */
  checkpointsMax: number;
}

/**
 * Stores a checkpoint; one of the same step is replaced, as a job that is taken up again may come by
 * a second time.
 *
 * @throws {ServiceError} `lease_lost`
 */
export function storeCheckpoint(
  database: Database,
  { lease, step, metrics, weights, checkpointsMax }: StoreCheckpointOptions,
): Promise<void> {
  const content = { createdAt: Date.now(), metricsJson: JSON.stringify(metrics), weights };
  return inTransaction(database, async (transaction) => {
    await holdLease(transaction, lease);
    await transaction.query.insertInto("jobCheckpoints")
      .values({ jobId: lease.jobId, step, ...content })
      .onConflict((conflict) => conflict.columns(["jobId", "step"]).doUpdateSet(content))
      .execute();
    await transaction.query.deleteFrom("jobCheckpoints")
      .where("jobId", "=", lease.jobId)
      .where(
        "step",
        "not in",
        ({ selectFrom }) =>
          selectFrom("jobCheckpoints").select("step").where("jobId", "=", lease.jobId)
            .orderBy("step", "desc").limit(checkpointsMax),
      )
      .execute();
  });
}

/** The checkpoints of a job without their weights, the newest step first. */
export async function listCheckpoints(
  database: Database,
  jobId: string,
): Promise<JobCheckpoint[]> {
  const rows = await database.query.selectFrom("jobCheckpoints").select([
    "step",
    "createdAt",
    "metricsJson",
  ])
    .where("jobId", "=", jobId).orderBy("step", "desc").execute();
  return rows.map(({ metricsJson, ...checkpoint }) => ({
    ...checkpoint,
    metrics: JSON.parse(metricsJson),
  }));
}
