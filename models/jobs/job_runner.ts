import { getLogger } from "@logtape/logtape";
import { ServiceError, toErrorFields } from "../../lib/service_error.ts";
import type { Database } from "../../lib/storage/database.ts";
import { expireLeases } from "../../lib/storage/jobs/expire_leases.ts";
import { finishJob, type JobOutcome } from "../../lib/storage/jobs/finish_job.ts";
import { readJob } from "../../lib/storage/jobs/jobs.ts";
import {
  type ClaimedJob,
  claimJob,
  type JobLease,
  releaseJob,
  renewLease,
} from "../../lib/storage/jobs/job_queue.ts";
import { findStorageFault } from "../../lib/storage/storage_fault.ts";
import { runTraining, type TrainingStation } from "../training/training_line.ts";
import { JobReport } from "./job_report.ts";

const logger = getLogger(["lastlayer", "jobs"]);

/** Settings of a {@linkcode JobRunner}. */
export interface JobRunnerOptions {
  /** Most jobs that run at a time; 0: none. */
  concurrentMax: number;
  /** Who runs them, for people who look into the database. */
  owner: string;
  /** How long a killed process keeps its jobs. Default: 15 s. */
  leaseMs?: number;
  /** How often to look for jobs that others left behind. Default: 2 s. */
  pollMs?: number;
  /** How often a job is taken up before it counts as failed. Default: 3. */
  attemptsMax?: number;
}

/** A lease is renewed so many times before it could run out. */
const RENEWALS = 5;

/** Why a job stops that somebody does not want any more. */
class JobCancelled extends Error {
  override readonly name = "JobCancelled";
}

/** Runs training jobs out of the database: its own, and those that other replicas left behind. */
export class JobRunner {
  readonly #station: TrainingStation;
  readonly #options: Required<JobRunnerOptions>;
  readonly #running = new Map<Promise<void>, AbortController>();
  #resources: DisposableStack | undefined;
  /** One look into the queue at a time. */
  #claiming: Promise<void> | undefined;
  #isStale = false;

  /** Runs nothing yet. */
  constructor(station: TrainingStation, options: JobRunnerOptions) {
    this.#station = station;
    this.#options = { leaseMs: 15_000, pollMs: 2_000, attemptsMax: 3, ...options };
  }

  /** Takes up jobs from now on. */
  async start(): Promise<void> {
    const { database } = this.#station;
    // One process has the folder of an SQLite file, so whoever held a lease is gone.
    if (database.engine === "sqlite") {
      await expireLeases(database).catch((error) => {
        // As on a full disk, which is no reason not to start: they run out by themselves.
        logger.warning("Cannot end the leases of a killed process: {error}", { error });
      });
    }
    const resources = new DisposableStack();
    const watcher = database.watchChanges(({ topic }) => {
      if (topic === "job" || topic === "everything") this.#wake();
    });
    resources.use(watcher);
    resources.adopt(setInterval(() => this.#wake(), this.#options.pollMs), clearInterval);
    this.#resources = resources;
    this.#wake();
  }

  /** Gives jobs back to the queue and takes up no more; resolves when none runs. */
  async stop(): Promise<void> {
    this.#resources?.dispose();
    this.#resources = undefined;
    await this.#claiming;
    const reason = new ServiceError("shutting_down", "The service is shutting down");
    for (const controller of this.#running.values()) controller.abort(reason);
    await Promise.all(this.#running.keys());
  }

  #wake(): void {
    if (!this.#resources) return;
    this.#isStale = true;
    this.#claiming ??= this.#claim().finally(() => {
      this.#claiming = undefined;
      // Whoever woke it since its last look has not been heard.
      if (this.#hasWork) this.#wake();
    });
  }

  get #hasWork(): boolean {
    const { concurrentMax } = this.#options;
    return this.#isStale && this.#resources !== undefined && this.#running.size < concurrentMax;
  }

  async #claim(): Promise<void> {
    const { owner, leaseMs, attemptsMax } = this.#options;
    while (this.#hasWork) {
      this.#isStale = false;
      try {
        const { database } = this.#station;
        const claimed = await claimJob(database, { owner, leaseMs, attemptsMax });
        if (!claimed) continue;
        this.#isStale = true;
        this.#run(claimed);
      } catch (error) {
        logger.error("Cannot look for jobs: {error}", { error });
      }
    }
  }

  #run(claimed: ClaimedJob): void {
    const controller = new AbortController();
    const run = this.#work(claimed, controller).catch((error) => {
      // Its lease runs out, and then somebody takes the job up again.
      logger.error("Cannot end job {id}: {error}", { id: claimed.job.id, error });
    }).finally(() => {
      this.#running.delete(run);
      this.#wake();
    });
    this.#running.set(run, controller);
  }

  async #work({ job, lease }: ClaimedJob, controller: AbortController): Promise<void> {
    const { database } = this.#station;
    const { signal } = controller;
    const report = new JobReport(database, {
      lease,
      onFault: (error) => controller.abort(error),
    });
    using _watch = this.#keep(lease, controller);
    try {
      if (job.attempts > 1) report.note(`Taken up again, attempt ${job.attempts}`);
      await runTraining(this.#station, { job, lease, signal, report });
    } catch (error) {
      const thrown = signal.aborted ? signal.reason : error;
      const reason = findStorageFault(thrown) ?? thrown;
      await this.#end(report, lease, reason);
    }
  }

  async #end(report: JobReport, lease: JobLease, reason: unknown): Promise<void> {
    const code = reason instanceof ServiceError ? reason.code : undefined;
    if (code === "lease_lost") {
      return logger.warning("Lost job {id} to another replica", { id: lease.jobId });
    }
    if (code === "shutting_down") {
      const release = (transaction: Database) => releaseJob(transaction, lease);
      return await report.end(release, { describe: () => "Given back to the queue" });
    }
    if (code === "storage_unavailable") {
      // Nothing is wrong with the job: its lease runs out, and then somebody takes it up again.
      return logger.warning("Job {id} lost the database: {reason}", { id: lease.jobId, reason });
    }
    const outcome = toOutcome(reason, report.warned);
    if (outcome.status === "failed") {
      logger.error("Job {id} failed: {reason}", { id: lease.jobId, reason });
    }
    const message = outcome.status === "failed" ? outcome.error.message : "Cancelled";
    await report.end(
      (transaction) => finishJob(transaction, { lease, outcome }),
      { describe: () => message, level: outcome.status === "failed" ? "error" : "info" },
    );
  }

  /** Renews the lease and watches out for somebody who cancels the job, until it is disposed of. */
  #keep(lease: JobLease, controller: AbortController): Disposable {
    const { database } = this.#station;
    const { leaseMs } = this.#options;
    const cancel = () => controller.abort(new JobCancelled("The job was cancelled"));
    const renew = async () => {
      try {
        const { cancelRequested } = await renewLease(database, { lease, leaseMs });
        if (cancelRequested) cancel();
      } catch (error) {
        if (error instanceof ServiceError) controller.abort(error);
        else logger.warning("Cannot renew a lease: {error}", { error });
      }
    };
    const look = async () => {
      try {
        if ((await readJob(database, lease.jobId)).cancelRequested) cancel();
      } catch (error) {
        logger.warning("Cannot look at job {id}: {error}", { id: lease.jobId, error });
      }
    };
    const resources = new DisposableStack();
    resources.adopt(setInterval(renew, leaseMs / RENEWALS), clearInterval);
    resources.use(database.watchChanges(({ topic, id }) => {
      if (topic === "everything" || (topic === "job" && id === lease.jobId)) void look();
    }));
    return resources;
  }
}

/** Samples that were left out are often why a training fails on the others. */
function toOutcome(reason: unknown, warned: string): JobOutcome {
  if (reason instanceof JobCancelled) return { status: "cancelled" };
  const param = reason instanceof ServiceError ? reason.param ?? null : null;
  const { code, message } = toErrorFields(reason);
  return { status: "failed", error: { code, message: message + warned, param } };
}
