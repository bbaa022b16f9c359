import { sql } from "kysely";
import { ServiceError } from "../../service_error.ts";
import { createId } from "../create_id.ts";
import type { Database } from "../database.ts";
import { hashSamples } from "../datasets/hash_samples.ts";
import { lockDataset } from "../datasets/lock_dataset.ts";
import { inTransaction } from "../in_transaction.ts";
import { lockSubject } from "../lock_subject.ts";
import { type Job, JOB_COLUMNS, toJob, UNFINISHED_STATUSES } from "./job.ts";
import { listJobSamples } from "./job_samples.ts";
import { deleteOldJobs } from "./jobs.ts";

/** Limits of the queue. */
export interface JobLimits {
  /** Most jobs that have not ended. */
  unfinishedMax: number;
  /** Most jobs that have ended; beyond it the oldest are deleted. */
  finishedMax: number;
}

/** What {@linkcode createJob} needs. */
export interface CreateJobOptions {
  /** Name of the model that is retrained. */
  model: string;
  /** Id of the dataset, which is frozen as it stands. */
  datasetId: string;
  /** Name of the model that gets a new version. */
  resultModel: string;
  /** As they were asked for. */
  hyperparameters: Record<string, unknown>;
  /** Of the whole request, to tell a repetition from another request with the same key. */
  requestHash: string;
  /** What the client calls this request; the same key and request give the same job. */
  idempotencyKey?: string | undefined;
  /** Limits of the queue. */
  limits: JobLimits;
}

/** What {@linkcode createJob} gives. */
export interface CreatedJob {
  /** The job, or the one that the same request made before. */
  job: Job;
  /** False if the request was a repetition. */
  isNew: boolean;
}

/**
 * Makes a job that waits in the queue, with the dataset frozen: samples that come, go or move later
 * do not change it, and their bytes stay.
 *
 * @throws {ServiceError} `dataset_not_found`; `conflict` when the key was used for another request;
 * `queue_full` when there are `unfinishedMax` jobs already.
 */
export function createJob(database: Database, options: CreateJobOptions): Promise<CreatedJob> {
  return inTransaction(database, async (transaction) => {
    await lockSubject(transaction, "blobs");
    await lockSubject(transaction, "jobs");
    const earlier = await findRepeatedJob(transaction, options);
    if (earlier) return { job: earlier, isNew: false };
    await refuseFullQueue(transaction, options.limits.unfinishedMax);
    const { name: dataset } = await lockDataset(transaction, options.datasetId);
    const id = await insertJob(transaction, { ...options, dataset });
    await freezeSamples(transaction, id, options.datasetId);
    const row = await transaction.query.updateTable("jobs")
      .set({ datasetHash: hashSamples(await listJobSamples(transaction, id)) })
      .where("id", "=", id).returning(JOB_COLUMNS).executeTakeFirstOrThrow();
    await deleteOldJobs(transaction, options.limits.finishedMax);
    await transaction.announce({ topic: "job", id });
    return { job: toJob(row), isNew: true };
  });
}

async function findRepeatedJob(
  transaction: Database,
  { idempotencyKey, requestHash }: CreateJobOptions,
): Promise<Job | undefined> {
  if (idempotencyKey === undefined) return undefined;
  const row = await transaction.query.selectFrom("jobs").select([...JOB_COLUMNS, "requestHash"])
    .where("idempotencyKey", "=", idempotencyKey).executeTakeFirst();
  if (!row) return undefined;
  const { requestHash: earlierHash, ...columns } = row;
  if (earlierHash === requestHash) return toJob(columns);
  throw new ServiceError(
    "conflict",
    "Cannot make job as an Idempotency-Key must stand for one request: " +
      `${JSON.stringify(idempotencyKey)} made ${row.id} out of another`,
  );
}

async function refuseFullQueue(transaction: Database, unfinishedMax: number): Promise<void> {
  const { count } = await transaction.query.selectFrom("jobs")
    .select(({ fn }) => fn.countAll<number>().as("count"))
    .where("status", "in", UNFINISHED_STATUSES).executeTakeFirstOrThrow();
  if (count < unfinishedMax) return;
  throw new ServiceError(
    "queue_full",
    `Cannot make job as at most ${unfinishedMax} may wait or run: there are ${count}`,
    { retryAfterSeconds: 10 },
  );
}

async function insertJob(
  transaction: Database,
  options: CreateJobOptions & { dataset: string },
): Promise<string> {
  const id = createId("ftjob");
  await transaction.query.insertInto("jobs").values({
    id,
    status: "queued",
    model: options.model,
    dataset: options.dataset,
    // Known once the samples are frozen.
    datasetHash: "",
    resultModel: options.resultModel,
    hyperparametersJson: JSON.stringify(options.hyperparameters),
    idempotencyKey: options.idempotencyKey ?? null,
    requestHash: options.requestHash,
    cancelRequested: 0,
    attempts: 0,
    lastEvent: 0,
    createdAt: Date.now(),
  }).execute();
  return id;
}

async function freezeSamples(
  transaction: Database,
  jobId: string,
  datasetId: string,
): Promise<void> {
  await sql`
    insert into job_samples (job_id, position, sample_id, sha256, class, name)
    select ${jobId}, row_number() over (order by sequence) - 1, id, sha256, class, name
    from samples where dataset_id = ${datasetId} and upload_id is null
  `.execute(transaction.query);
}
