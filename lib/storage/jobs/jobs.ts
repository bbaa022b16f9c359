import { ServiceError } from "../../service_error.ts";
import { removeUnusedBlobs } from "../blobs.ts";
import type { Database } from "../database.ts";
import { databaseTime } from "../database_time.ts";
import { inTransaction } from "../in_transaction.ts";
import { type Page, type PageOptions, toPage } from "../page.ts";
import { type Job, JOB_COLUMNS, toJob, UNFINISHED_STATUSES } from "./job.ts";

/**
 * Reads a job.
 *
 * @throws {ServiceError} `job_not_found`
 */
export async function readJob(database: Database, jobId: string): Promise<Job> {
  const row = await database.query.selectFrom("jobs").select(JOB_COLUMNS)
    .where("id", "=", jobId).executeTakeFirst();
  if (row) return toJob(row);
  throw new ServiceError("job_not_found", `Cannot find job ${JSON.stringify(jobId)}`);
}

/** Lists jobs, the newest first; `after` is an id. */
export async function listJobs(
  database: Database,
  { after, limit }: PageOptions,
): Promise<Page<Job>> {
  let query = database.query.selectFrom("jobs").select(JOB_COLUMNS).orderBy("sequence", "desc");
  if (after !== undefined) {
    query = query.where(
      "sequence",
      "<",
      ({ selectFrom }) => selectFrom("jobs").select("sequence").where("id", "=", after),
    );
  }
  return toPage((await query.limit(limit + 1).execute()).map(toJob), limit);
}

/**
 * Reads the evaluation that a job left; `undefined` when it has none yet.
 *
 * @throws {ServiceError} `job_not_found`
 */
export async function readEvaluation(
  database: Database,
  jobId: string,
): Promise<Record<string, unknown> | undefined> {
  const row = await database.query.selectFrom("jobs").select("evaluationJson")
    .where("id", "=", jobId).executeTakeFirst();
  if (!row) throw new ServiceError("job_not_found", `Cannot find job ${JSON.stringify(jobId)}`);
  return row.evaluationJson === null ? undefined : JSON.parse(row.evaluationJson);
}

/**
 * Cancels a job: at once if nobody works on it, otherwise as soon as the one who does notices. A job
 * that has ended stays as it is.
 *
 * @throws {ServiceError} `job_not_found`
 */
export function cancelJob(database: Database, jobId: string): Promise<Job> {
  return inTransaction(database, async (transaction) => {
    const now = databaseTime(transaction.engine);
    const { numUpdatedRows } = await transaction.query.updateTable("jobs")
      .set({ status: "cancelled", cancelRequested: 1, finishedAt: now, leaseToken: null })
      .where("id", "=", jobId).where("status", "in", UNFINISHED_STATUSES)
      .where(({ eb, or }) => or([eb("leaseToken", "is", null), eb("leaseExpiresAt", "<=", now)]))
      .executeTakeFirst();
    if (numUpdatedRows === 0n) {
      await transaction.query.updateTable("jobs").set({ cancelRequested: 1 })
        .where("id", "=", jobId).where("status", "in", UNFINISHED_STATUSES).execute();
    }
    const job = await readJob(transaction, jobId);
    await transaction.announce({ topic: "job", id: jobId });
    return job;
  });
}

/**
 * Deletes the oldest of the jobs that have ended, so that `finishedMax` of them stay, and the bytes
 * that nothing else refers to. The transaction holds `blobs` exclusively.
 */
export async function deleteOldJobs(transaction: Database, finishedMax: number): Promise<void> {
  const old = await transaction.query.selectFrom("jobs").select("id")
    .where("status", "not in", UNFINISHED_STATUSES)
    .orderBy("sequence", "desc")
    // Neither engine knows an offset alone; this many jobs never exist.
    .limit(Number.MAX_SAFE_INTEGER).offset(finishedMax).execute();
  for (const { id } of old) {
    const samples = await transaction.query.selectFrom("jobSamples").select("sha256").distinct()
      .where("jobId", "=", id).execute();
    await transaction.query.deleteFrom("jobs").where("id", "=", id).execute();
    await removeUnusedBlobs(transaction, samples.map(({ sha256 }) => sha256));
  }
}
