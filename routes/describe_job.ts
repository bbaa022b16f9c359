import type { Job } from "../lib/storage/jobs/job.ts";
import type { JobCheckpoint } from "../lib/storage/jobs/job_checkpoints.ts";
import type { JobEvent } from "../lib/storage/jobs/job_events.ts";
import type { CheckpointBody, JobBody, JobEventBody } from "./job_schemas.ts";

const EVENT_ID = "ftevent-";

/**
 * A job as clients see it.
 *
 * @param origin of the service, for addresses
 */
export function describeJob(job: Job, origin: string): JobBody {
  const { id, hyperparameters: stored, progress } = job;
  const { seed, publish: _, method, ...hyperparameters } = stored;
  const self = `${origin}/v1/fine_tuning/jobs/${id}`;
  const isDone = job.status === "succeeded";
  const model = `${origin}/v1/models/${job.resultModel}`;
  const remainingMs = job.finishedAt === null ? progress?.remainingMs ?? null : null;
  return {
    object: "fine_tuning.job",
    id,
    model: job.model,
    training_file: job.dataset,
    dataset_sha256: job.datasetHash,
    status: job.status,
    fine_tuned_model: isDone ? job.resultModel : null,
    name: job.resultModel,
    version: job.resultVersion,
    created_at: toSeconds(job.createdAt),
    started_at: toSecondsOrNull(job.startedAt),
    finished_at: toSecondsOrNull(job.finishedAt),
    estimated_finish: remainingMs === null ? null : toSeconds(Date.now() + remainingMs),
    progress: progress && {
      stage: progress.stage,
      done: isDone ? progress.total : progress.done,
      total: progress.total,
      remaining_ms: remainingMs,
    },
    error: job.error,
    seed: typeof seed === "number" ? seed : 0,
    method: method === "all_layers"
      ? { type: method, all_layers: { hyperparameters } }
      : { type: "supervised", supervised: { hyperparameters } },
    hyperparameters,
    attempts: job.attempts,
    validation_file: null,
    result_files: [],
    trained_tokens: null,
    urls: {
      self,
      events: `${self}/events`,
      cancel: `${self}/cancel`,
      checkpoints: `${self}/checkpoints`,
      ...(isDone && {
        evaluation: `${self}/evaluation`,
        model,
        classify: `${model}:classify`,
        version: `${model}/versions/${job.resultVersion}`,
      }),
    },
  };
}

/** An event as clients see it. */
export function describeEvent(event: JobEvent): JobEventBody {
  const { sequence, createdAt, level, message, type, data } = event;
  return {
    object: "fine_tuning.job.event",
    id: EVENT_ID + sequence,
    created_at: toSeconds(createdAt),
    level,
    message,
    type,
    data,
  };
}

/** The sequence that an event's id stands for; `undefined` for what is none. */
export function readEventId(id: string): number | undefined {
  const [, digits] = new RegExp(`^(?:${EVENT_ID})?(\\d{1,9})$`).exec(id) ?? [];
  return digits === undefined ? undefined : Number(digits);
}

/** A checkpoint as clients see it. */
export function describeCheckpoint(
  jobId: string,
  { step, createdAt, metrics }: JobCheckpoint,
): CheckpointBody {
  return {
    object: "fine_tuning.job.checkpoint",
    id: `ftckpt-${jobId.slice(jobId.indexOf("-") + 1)}-${step}`,
    fine_tuning_job_id: jobId,
    created_at: toSeconds(createdAt),
    step_number: step,
    metrics,
  };
}

function toSeconds(milliseconds: number): number {
  return Math.floor(milliseconds / 1000);
}

function toSecondsOrNull(milliseconds: number | null): number | null {
  return milliseconds === null ? null : toSeconds(milliseconds);
}
