import type { JobTable } from "../schema.ts";

/** Where a job stands, in OpenAI's words; the last three are final. */
export type JobStatus =
  | "validating_files"
  | "queued"
  | "running"
  | "succeeded"
  | "failed"
  | "cancelled";

/** The statuses of a job that has not ended. */
export const UNFINISHED_STATUSES: readonly JobStatus[] = ["validating_files", "queued", "running"];

/** How far a job is. */
export interface JobProgress {
  /** What is being done, such as `embedding`. */
  stage: string;
  /** How much of it is done. */
  done: number;
  /** How much there is to do. */
  total: number;
  /** Time until all stages are done, in milliseconds; `null` while nobody knows. */
  remainingMs: number | null;
}

/** Why a job failed. */
export interface JobError {
  /** For programs. */
  code: string;
  /** For people. */
  message: string;
  /** The hyperparameter at fault, if one is. */
  param: string | null;
}

/** A training job. Times are in milliseconds since 1970. */
export interface Job {
  /** `ftjob-...` */
  id: string;
  /** Where it stands. */
  status: JobStatus;
  /** Name of the model that is retrained. */
  model: string;
  /** Name of the dataset. */
  dataset: string;
  /** Content hash of the dataset as it was frozen. */
  datasetHash: string;
  /** Name of the model that it makes a version of. */
  resultModel: string;
  /** The version that it made. */
  resultVersion: number | null;
  /** As they were asked for. */
  hyperparameters: Record<string, unknown>;
  /** How far it is; `null` before it starts. */
  progress: JobProgress | null;
  /** Why it failed. */
  error: JobError | null;
  /** True if somebody wants it to stop. */
  cancelRequested: boolean;
  /** How often it was taken up. */
  attempts: number;
  /** Sequence of its newest event; 0: none. */
  lastEvent: number;
  /** When it was made. */
  createdAt: number;
  /** When it was first taken up. */
  startedAt: number | null;
  /** When it ended. */
  finishedAt: number | null;
}

/** The columns that {@linkcode toJob} wants. */
export const JOB_COLUMNS = [
  "id",
  "status",
  "model",
  "dataset",
  "datasetHash",
  "resultModel",
  "resultVersion",
  "hyperparametersJson",
  "progressJson",
  "errorJson",
  "cancelRequested",
  "attempts",
  "lastEvent",
  "createdAt",
  "startedAt",
  "finishedAt",
] as const;

/**
 * Makes a job out of its row.
 *
 * @internal
 */
export function toJob(row: Pick<JobTable, typeof JOB_COLUMNS[number]>): Job {
  const { hyperparametersJson, progressJson, errorJson, cancelRequested, ...fields } = row;
  return {
    ...fields,
    hyperparameters: JSON.parse(hyperparametersJson),
    progress: progressJson === null ? null : JSON.parse(progressJson),
    error: errorJson === null ? null : JSON.parse(errorJson),
    cancelRequested: cancelRequested === 1,
  };
}
