import type { Database, OpenDatabase } from "../../lib/storage/database.ts";
import { inTransaction } from "../../lib/storage/in_transaction.ts";
import type { JobProgress } from "../../lib/storage/jobs/job.ts";
import { storeCheckpoint } from "../../lib/storage/jobs/job_checkpoints.ts";
import { appendEvent, type AppendEventOptions } from "../../lib/storage/jobs/job_events.ts";
import { type JobLease, updateJob } from "../../lib/storage/jobs/job_queue.ts";
import type {
  EndOptions,
  TrainingEpoch,
  TrainingReport,
  TrainingStage,
} from "../training/training_report.ts";

/** Most events that are kept of a job. */
export const EVENTS_MAX = 1_000;
/** Most checkpoints that are kept of a job. */
const CHECKPOINTS_MAX = 3;
/** Each write waits for the disk, which inference may need too. */
const PROGRESS_MS = 500;
const EVENT_MS = 2_000;

const STAGE_MESSAGES: Record<TrainingStage, (total: number) => string> = {
  validating_files: (total) => `Validating ${total} samples`,
  embedding: (total) => total > 0 ? `Embedding ${total} samples` : "Reading vectors",
  reading: (total) => `Reading ${total} samples`,
  training: (total) => `Training for ${total} epochs at most`,
  saving: () => "Saving",
};

/** Settings of a {@linkcode JobReport}. */
export interface JobReportOptions {
  /** The right to write about the job. */
  lease: JobLease;
  /** Called with what storing failed with, once. */
  onFault: (error: unknown) => void;
}

/** Writes down what a training tells, in its order, without making it wait. */
export class JobReport implements TrainingReport {
  readonly #database: OpenDatabase;
  readonly #options: JobReportOptions;
  #last: Promise<void> = Promise.resolve();
  #fault: { error: unknown } | undefined;
  #stage: TrainingStage = "validating_files";
  #total = 0;
  #done = 0;
  #embedded = 0;
  #stageStarted = 0;
  #progressAt = 0;
  #eventAt = 0;
  #warnings = 0;
  #firstWarning = "";

  /** Writes nothing yet. */
  constructor(database: OpenDatabase, options: JobReportOptions) {
    this.#database = database;
    this.#options = options;
  }

  enter({ stage, total }: { stage: TrainingStage; total: number }): void {
    this.#stage = stage;
    this.#total = total;
    this.#done = 0;
    this.#embedded = 0;
    this.#stageStarted = performance.now();
    this.#eventAt = this.#stageStarted;
    this.#tell({ message: STAGE_MESSAGES[stage](total) });
    this.#tellProgress();
  }

  advance({ done, embedded = 0 }: { done: number; embedded?: number }): void {
    this.#done += done;
    this.#embedded += embedded;
    const now = performance.now();
    const isDone = this.#done === this.#total;
    if (now - this.#eventAt >= EVENT_MS || isDone) {
      this.#eventAt = now;
      const verb = this.#stage === "reading" ? "Read" : "Embedded";
      this.#tell({ message: `${verb} ${this.#done} of ${this.#total}` });
    }
    if (now - this.#progressAt >= PROGRESS_MS || isDone) this.#tellProgress();
  }

  epoch({ epoch, metrics, head }: TrainingEpoch): void {
    this.#done = epoch;
    this.#tell({ message: `Epoch ${epoch}`, metrics: { step: epoch, ...metrics } });
    if (performance.now() - this.#progressAt >= PROGRESS_MS) this.#tellProgress();
    if (!head) return;
    const checkpoint = { step: epoch, metrics, weights: head, checkpointsMax: CHECKPOINTS_MAX };
    this.#write(() => storeCheckpoint(this.#database, { ...checkpoint, lease: this.#lease }));
  }

  warn(message: string): void {
    if (this.#warnings++ === 0) this.#firstWarning = message;
    this.#tell({ message, level: "warn" });
  }

  /** What a person should know who hears only how the job ended; empty without warnings. */
  get warned(): string {
    if (this.#warnings === 0) return "";
    return `; warnings in the job's events: ${this.#warnings}, the first: ${this.#firstWarning}`;
  }

  /** Tells something else about the job. */
  note(message: string): void {
    this.#tell({ message });
  }

  async end<Result>(
    work: (transaction: Database) => Promise<Result>,
    { describe, level = "info" }: EndOptions<Result>,
  ): Promise<Result> {
    await this.#last;
    if (this.#fault) throw this.#fault.error;
    const { jobId } = this.#lease;
    return await inTransaction(this.#database, async (transaction) => {
      const result = await work(transaction);
      const message = describe(result);
      await appendEvent(transaction, { jobId, level, message, eventsMax: EVENTS_MAX });
      return result;
    });
  }

  get #lease(): JobLease {
    return this.#options.lease;
  }

  #tell(event: Pick<AppendEventOptions, "message" | "level" | "metrics">): void {
    const { jobId } = this.#lease;
    this.#write(() => appendEvent(this.#database, { ...event, jobId, eventsMax: EVENTS_MAX }));
  }

  #tellProgress(): void {
    this.#progressAt = performance.now();
    const progress: JobProgress = {
      stage: this.#stage,
      done: this.#done,
      total: this.#total,
      remainingMs: this.#estimateRemaining(),
    };
    const status = this.#stage === "validating_files" ? this.#stage : "running";
    this.#write(() => updateJob(this.#database, { lease: this.#lease, status, progress }));
  }

  /** By the samples that had to be embedded, as those that are stored come all at once. */
  #estimateRemaining(): number | null {
    const elapsed = performance.now() - this.#stageStarted;
    const measured = this.#stage === "embedding" ? this.#embedded : this.#done;
    if (measured === 0) return null;
    return Math.round(elapsed / measured * (this.#total - this.#done));
  }

  /** One after the other, and none after one has failed. */
  #write(work: () => Promise<unknown>): void {
    this.#last = this.#last.then(async () => {
      if (this.#fault) return;
      try {
        await work();
      } catch (error) {
        this.#fault = { error };
        this.#options.onFault(error);
      }
    });
  }
}
