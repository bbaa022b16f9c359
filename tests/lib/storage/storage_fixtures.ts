/** Small datasets and jobs for the tests of the storage. */
import { hashBytes, type HashedBytes } from "../../../lib/storage/blobs.ts";
import type { Database } from "../../../lib/storage/database.ts";
import {
  addSamples,
  type DatasetLimits,
  type NewSample,
  type SampleOutcome,
} from "../../../lib/storage/datasets/add_samples.ts";
import {
  createDataset,
  type Dataset,
  type DatasetKind,
} from "../../../lib/storage/datasets/datasets.ts";
import { createJob, type CreateJobOptions } from "../../../lib/storage/jobs/create_job.ts";
import type { Job } from "../../../lib/storage/jobs/job.ts";
import type { ClaimJobOptions } from "../../../lib/storage/jobs/job_queue.ts";

export const DATASET_LIMITS: DatasetLimits = { samplesMax: 100, bytesMax: 10_000, classesMax: 10 };
export const JOB_LIMITS = { unfinishedMax: 10, finishedMax: 10 };
export const MODEL_LIMITS = { modelsMax: 3, versionsMax: 3 };
export const CLAIM: ClaimJobOptions = { owner: "test", leaseMs: 60_000, attemptsMax: 3 };

export function encode(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

/** A text as a content with its name. */
export function hashed(text: string): HashedBytes {
  const bytes = encode(text);
  return { bytes, sha256: hashBytes(bytes) };
}

/** A sample whose content is a text. */
export function textSample(text: string, className: string): NewSample {
  return { name: `${text}.txt`, class: className, bytes: encode(text) };
}

export function makeDataset(
  database: Database,
  name = "pets",
  kind: DatasetKind = "text",
): Promise<Dataset> {
  return createDataset(database, { name, kind, datasetsMax: 10 });
}

/** Adds texts, each with its class. */
export function addTexts(
  database: Database,
  datasetId: string,
  texts: readonly (readonly [text: string, className: string])[],
): Promise<SampleOutcome[]> {
  const samples = texts.map(([text, className]) => textSample(text, className));
  return addSamples(database, { datasetId, samples, limits: DATASET_LIMITS });
}

/** The contents that are stored, as texts in order. */
export async function storedTexts(database: Database): Promise<string[]> {
  const rows = await database.query.selectFrom("blobs").select("bytes").execute();
  return rows.map(({ bytes }) => new TextDecoder().decode(bytes)).sort();
}

/** Makes a job over a dataset. */
export async function makeJob(
  database: Database,
  datasetId: string,
  options: Partial<CreateJobOptions> = {},
): Promise<Job> {
  const { job } = await createJob(database, {
    model: "edge-cnn",
    datasetId,
    resultModel: "pets-model",
    hyperparameters: { epochs: 5 },
    requestHash: "request",
    limits: JOB_LIMITS,
    ...options,
  });
  return job;
}
