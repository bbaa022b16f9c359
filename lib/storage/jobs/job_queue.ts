import { sql } from "kysely";
import { ServiceError } from "../../service_error.ts";
import type { Database } from "../database.ts";
import { databaseTime } from "../database_time.ts";
import { inTransaction } from "../in_transaction.ts";
import {
  type Job,
  JOB_COLUMNS,
  type JobProgress,
  type JobStatus,
  toJob,
  UNFINISHED_STATUSES,
} from "./job.ts";

/** The right to work on a job, until it expires and somebody else takes it. */
export interface JobLease {
  /** Id of the job. */
  jobId: string;
  /** Made anew for every claim. */
  token: string;
}

/** What {@linkcode claimJob} needs. */
export interface ClaimJobOptions {
  /** Who asks, for people who look into the table: host and process, for example. */
  owner: string;
  /** How long the lease lasts unless it is renewed. */
  leaseMs: number;
  /** A job that was taken up this often and never ended is given up. */
  attemptsMax: number;
}

/** A job with the right to work on it. */
export interface ClaimedJob {
  /** As it stands now. */
  job: Job;
  /** To be renewed while the work goes on. */
  lease: JobLease;
}

/** What {@linkcode renewLease} needs. */
export interface RenewLeaseOptions {
  /** The lease. */
  lease: JobLease;
  /** How long it lasts from now on. */
  leaseMs: number;
}

/** What {@linkcode updateJob} writes. */
export interface UpdateJobOptions {
  /** The lease. */
  lease: JobLease;
  /** Where it stands now. */
  status: Extract<JobStatus, "validating_files" | "running">;
  /** How far it is. */
  progress: JobProgress;
}

/**
 * Takes the oldest job that nobody works on: one that waits, or one whose lease ran out, because its
 * owner was killed. However many ask at once, each job goes to one of them. Before that, jobs that
 * were abandoned are ended: cancelled where that was asked for, failed after `attemptsMax` attempts.
 *
 * @returns `undefined` when there is nothing to do.
 */
export async function claimJob(
  database: Database,
  { owner, leaseMs, attemptsMax }: ClaimJobOptions,
): Promise<ClaimedJob | undefined> {
  await endAbandonedJobs(database, attemptsMax);
  const now = databaseTime(database.engine);
  const token = crypto.randomUUID();
  // A job that another replica is taking right now is passed over instead of waited for.
  const skipLocked = database.engine === "postgresql" ? sql`for update skip locked` : sql``;
  const row = await database.query.updateTable("jobs")
    .set((column) => ({
      status: "running",
      leaseToken: token,
      leaseOwner: owner,
      leaseExpiresAt: sql<number>`${now} + ${sql.lit(leaseMs)}`,
      attempts: column("attempts", "+", 1),
      startedAt: sql<number>`coalesce(started_at, ${now})`,
    }))
    .where(
      "sequence",
      "=",
      sql<number>`(
      select sequence from jobs
      where status in ('validating_files', 'queued', 'running')
        and (lease_token is null or lease_expires_at <= ${now})
      order by sequence limit 1 ${skipLocked}
    )`,
    )
    .returning(JOB_COLUMNS).executeTakeFirst();
  if (!row) return undefined;
  await database.announce({ topic: "job", id: row.id });
  return { job: toJob(row), lease: { jobId: row.id, token } };
}

async function endAbandonedJobs(database: Database, attemptsMax: number): Promise<void> {
  const now = databaseTime(database.engine);
  const message = `The job was taken up ${attemptsMax} times, and each time the process ended or ` +
    "lost the database";
  const error = JSON.stringify({ code: "internal_error", message, param: null });
  const abandoned = database.query.updateTable("jobs")
    .set({ finishedAt: now, leaseToken: null })
    .where("status", "in", UNFINISHED_STATUSES)
    .where("leaseExpiresAt", "<=", now);
  const cancelled = await abandoned.set({ status: "cancelled" })
    .where("cancelRequested", "=", 1).returning("id").execute();
  const failed = await abandoned.set({ status: "failed", errorJson: error })
    .where("attempts", ">=", attemptsMax).returning("id").execute();
  for (const { id } of [...cancelled, ...failed]) await database.announce({ topic: "job", id });
}

/**
 * Makes a lease last longer.
 *
 * @returns whether the job is to be cancelled
 * @throws {ServiceError} `lease_lost` when somebody else has the job, or it has ended: stop working.
 */
export async function renewLease(
  database: Database,
  { lease, leaseMs }: RenewLeaseOptions,
): Promise<{ cancelRequested: boolean }> {
  const now = databaseTime(database.engine);
  const row = await database.query.updateTable("jobs")
    .set({ leaseExpiresAt: sql<number>`${now} + ${sql.lit(leaseMs)}` })
    .where("id", "=", lease.jobId).where("leaseToken", "=", lease.token)
    .returning("cancelRequested").executeTakeFirst();
  if (!row) throw leaseLost(lease);
  return { cancelRequested: row.cancelRequested === 1 };
}

/**
 * Writes down how far a job is.
 *
 * @throws {ServiceError} `lease_lost`
 */
export function updateJob(
  database: Database,
  { lease, status, progress }: UpdateJobOptions,
): Promise<void> {
  return inTransaction(database, async (transaction) => {
    await holdLease(transaction, lease);
    await transaction.query.updateTable("jobs")
      .set({ status, progressJson: JSON.stringify(progress) })
      .where("id", "=", lease.jobId).execute();
    await transaction.announce({ topic: "job", id: lease.jobId });
  });
}

/**
 * Gives a job back unfinished, so that another replica can take it up at once; it does not count as
 * an attempt.
 *
 * @throws {ServiceError} `lease_lost`
 */
export function releaseJob(database: Database, lease: JobLease): Promise<void> {
  return inTransaction(database, async (transaction) => {
    await holdLease(transaction, lease);
    await transaction.query.updateTable("jobs")
      .set((column) => ({
        status: "queued",
        leaseToken: null,
        leaseOwner: null,
        leaseExpiresAt: null,
        attempts: column("attempts", "-", 1),
      }))
      .where("id", "=", lease.jobId).execute();
    await transaction.announce({ topic: "job", id: lease.jobId });
  });
}

/**
 * Makes sure that a lease is still the current one, and keeps it so until the transaction ends.
 *
 * @throws {ServiceError} `lease_lost`
 */
export async function holdLease(transaction: Database, lease: JobLease): Promise<void> {
  // An update that changes nothing takes the row's lock on both engines.
  const { numUpdatedRows } = await transaction.query.updateTable("jobs")
    .set({ leaseToken: lease.token })
    .where("id", "=", lease.jobId).where("leaseToken", "=", lease.token).executeTakeFirst();
  if (numUpdatedRows === 0n) throw leaseLost(lease);
}

function leaseLost({ jobId }: JobLease): ServiceError {
  return new ServiceError("lease_lost", `Cannot go on with job ${jobId} as its lease was lost`);
}
