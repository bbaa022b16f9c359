import type { Database } from "../database.ts";
import { databaseTime } from "../database_time.ts";
import { inTransaction } from "../in_transaction.ts";
import { lockSubject } from "../lock_subject.ts";
import {
  type PublishedVersion,
  publishVersion,
  type PublishVersionOptions,
} from "../models/publish_version.ts";
import type { JobError } from "./job.ts";
import { holdLease, type JobLease } from "./job_queue.ts";

/** How a job ends without a version. */
export type JobOutcome = {
  /** It could not be done. */
  status: "failed";
  /** Why. */
  error: JobError;
} | {
  /** Somebody wanted it to stop. */
  status: "cancelled";
};

/** What {@linkcode finishJob} needs. */
export interface FinishJobOptions {
  /** The lease. */
  lease: JobLease;
  /** How it ends. */
  outcome: JobOutcome;
}

/** What {@linkcode completeJob} needs. */
export interface CompleteJobOptions {
  /** The lease. */
  lease: JobLease;
  /** What it made. */
  version: Omit<PublishVersionOptions, "jobId">;
  /** How good that is. */
  evaluation: Record<string, unknown>;
}

/**
 * Ends a job without a version. Only the holder of the lease can, and only once.
 *
 * @throws {ServiceError} `lease_lost`
 */
export function finishJob(
  database: Database,
  { lease, outcome }: FinishJobOptions,
): Promise<void> {
  const errorJson = outcome.status === "failed" ? JSON.stringify(outcome.error) : null;
  return endJob(database, lease, { status: outcome.status, errorJson });
}

/**
 * Publishes the version that a job made and ends the job with success, both or neither: a job that
 * is taken up again after a crash has not published yet.
 *
 * @throws {ServiceError} `lease_lost`, and what `publishVersion` throws
 */
export function completeJob(
  database: Database,
  { lease, version, evaluation }: CompleteJobOptions,
): Promise<PublishedVersion> {
  return inTransaction(database, async (transaction) => {
    // In the order that every transaction keeps: what publishing holds, then the job.
    await lockSubject(transaction, "blobs", "shared");
    await lockSubject(transaction, "models");
    await holdLease(transaction, lease);
    const published = await publishVersion(transaction, { ...version, jobId: lease.jobId });
    await endJob(transaction, lease, {
      status: "succeeded",
      resultVersion: published.version,
      evaluationJson: JSON.stringify(evaluation),
    });
    return published;
  });
}

function endJob(
  database: Database,
  lease: JobLease,
  columns: {
    status: "succeeded" | "failed" | "cancelled";
    errorJson?: string | null;
    evaluationJson?: string;
    resultVersion?: number;
  },
): Promise<void> {
  return inTransaction(database, async (transaction) => {
    await holdLease(transaction, lease);
    await transaction.query.updateTable("jobs")
      .set({
        ...columns,
        finishedAt: databaseTime(transaction.engine),
        leaseToken: null,
        leaseExpiresAt: null,
      })
      .where("id", "=", lease.jobId).execute();
    await transaction.announce({ topic: "job", id: lease.jobId });
  });
}
