import { untilAborted } from "../../lib/until_aborted.ts";
import type { OpenDatabase } from "../../lib/storage/database.ts";
import { type Job, UNFINISHED_STATUSES } from "../../lib/storage/jobs/job.ts";
import { type JobEvent, listEvents } from "../../lib/storage/jobs/job_events.ts";
import { readJob } from "../../lib/storage/jobs/jobs.ts";

/** How long to look at a job. */
export interface WatchJobOptions {
  /** Ends it with an error. */
  signal: AbortSignal;
  /** Ends it early, without an error, within two seconds of becoming true: on a shutdown. */
  isOver?: () => boolean;
}

/** Options of {@linkcode followJob}. */
export interface FollowJobOptions extends WatchJobOptions {
  /** Sequence of the event before the first wanted one; 0: from the beginning. */
  after: number;
}

/** Options of {@linkcode waitForJob}. */
export interface WaitForJobOptions extends WatchJobOptions {
  /** How long at most, in milliseconds. */
  timeoutMs: number;
}

const PAGE_EVENTS = 100;
/** A notification that got lost delays a follower by this much. */
const POLL_MS = 2_000;

/**
 * Gives the events of a job as they come, and ends with the job.
 *
 * @returns the job as it stands then
 * @throws {ServiceError} `job_not_found`
 * @throws the signal's reason when it aborts
 */
export async function* followJob(
  database: OpenDatabase,
  jobId: string,
  { after, signal, isOver = () => false }: FollowJobOptions,
): AsyncGenerator<JobEvent, Job, void> {
  using watch = watchJob(database, jobId);
  while (true) {
    // In this order: once a job has ended, it has all of its events.
    const job = await readJob(database, jobId);
    const events = await listEvents(database, { jobId, after, limit: PAGE_EVENTS });
    yield* events;
    after = events.at(-1)?.sequence ?? after;
    signal.throwIfAborted();
    if (events.length === PAGE_EVENTS) continue;
    if (!UNFINISHED_STATUSES.includes(job.status) || isOver()) return job;
    await watch.wait(signal);
  }
}

/**
 * Waits until a job has ended, or for some time.
 *
 * @returns the job as it stands then
 * @throws {ServiceError} `job_not_found`
 * @throws the signal's reason when it aborts
 */
export async function waitForJob(
  database: OpenDatabase,
  jobId: string,
  { timeoutMs, signal, isOver = () => false }: WaitForJobOptions,
): Promise<Job> {
  const ends = performance.now() + timeoutMs;
  using watch = watchJob(database, jobId);
  while (true) {
    const job = await readJob(database, jobId);
    const remainingMs = ends - performance.now();
    const isEnded = !UNFINISHED_STATUSES.includes(job.status);
    if (isEnded || remainingMs <= 0 || isOver()) return job;
    await watch.wait(signal, remainingMs);
  }
}

/** Tells of changes of one job, none of which is missed between two calls of `wait`. */
function watchJob(database: OpenDatabase, jobId: string) {
  let changed = Promise.withResolvers<void>();
  const watcher = database.watchChanges(({ topic, id }) => {
    if (topic === "everything" || (topic === "job" && id === jobId)) changed.resolve();
  });
  return {
    async wait(signal: AbortSignal, timeoutMs = POLL_MS): Promise<void> {
      const timer = setTimeout(changed.resolve, Math.min(timeoutMs, POLL_MS));
      try {
        await untilAborted(changed.promise, signal);
        changed = Promise.withResolvers();
      } finally {
        clearTimeout(timer);
      }
    },
    [Symbol.dispose]: () => watcher[Symbol.dispose](),
  };
}
