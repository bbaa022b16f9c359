/**
 * The tables as the query builder sees them. Columns are `snake_case` in the database and
 * `camelCase` here. Hashes are SHA-256 in lower-case hexadecimal, times are milliseconds since 1970,
 * lengths are bytes, `*Json` columns hold JSON as text, and vectors are float32 little endian.
 */
import type * as kysely from "kysely";

/** Bytes as both engines give and take them. */
export type Bytes = Uint8Array<ArrayBuffer>;

/** Content, stored once however many samples and files have it. */
export type BlobTable = {
  sha256: string;
  length: number;
  bytes: Bytes;
};

/**
 * Named sets of samples. `sequence` grows with every row and is the order of listings.
 *
 * @internal
 */
export type DatasetTable = {
  sequence: kysely.Generated<number>;
  id: string;
  name: string;
  kind: "image" | "text" | "series" | "vector";
  createdAt: number;
  /** When its deletion began: nobody sees it any more, and what is left of it goes step by step. */
  deletedAt: number | null;
};

/** How many samples, and bytes of samples, each class of a dataset has; kept with the samples. */
export type DatasetClassTable = {
  datasetId: string;
  class: string;
  samples: number;
  bytes: number;
};

/**
 * One content under one class of a dataset.
 *
 * @internal
 */
export type SampleTable = {
  sequence: kysely.Generated<number>;
  id: string;
  datasetId: string;
  sha256: string;
  class: string;
  name: string;
  length: number;
  createdAt: number;
  /** The upload that brought it, until that is complete. */
  uploadId: string | null;
};

/** What a backbone gave for a content; `view` tells its augmented variants apart. */
export type FeatureVectorTable = {
  sha256: string;
  backboneSha256: string;
  view: string;
  vector: Bytes;
};

/**
 * Training jobs: the queue and the record of what became of each.
 *
 * @internal
 */
export type JobTable = {
  sequence: kysely.Generated<number>;
  id: string;
  status: "validating_files" | "queued" | "running" | "succeeded" | "failed" | "cancelled";
  model: string;
  dataset: string;
  datasetHash: string;
  resultModel: string;
  resultVersion: number | null;
  hyperparametersJson: string;
  progressJson: string | null;
  errorJson: string | null;
  evaluationJson: string | null;
  idempotencyKey: string | null;
  requestHash: string;
  cancelRequested: number;
  attempts: number;
  lastEvent: number;
  leaseToken: string | null;
  leaseOwner: string | null;
  leaseExpiresAt: number | null;
  createdAt: number;
  startedAt: number | null;
  finishedAt: number | null;
};

/** The dataset as it stood when a job was made. */
export type JobSampleTable = {
  jobId: string;
  position: number;
  sampleId: string;
  sha256: string;
  class: string;
  name: string;
};

/** What a job reported, numbered from 1 in the order of `sequence`. */
export type JobEventTable = {
  jobId: string;
  sequence: number;
  createdAt: number;
  level: "info" | "warn" | "error";
  type: "message" | "metrics";
  message: string;
  dataJson: string | null;
};

/** Weights of a job on its way. */
export type JobCheckpointTable = {
  jobId: string;
  step: number;
  createdAt: number;
  metricsJson: string;
  weights: Bytes;
};

/**
 * Trained and imported models. `lastVersion` only grows, so that a number is never given twice.
 *
 * @internal
 */
export type ModelTable = {
  sequence: kysely.Generated<number>;
  name: string;
  lastVersion: number;
  createdAt: number;
};

/** One version of a model: a head over a backbone, or imported files. */
export type ModelVersionTable = {
  model: string;
  version: number;
  jobId: string | null;
  backboneSha256: string | null;
  head: Bytes | null;
  cardJson: string;
  createdAt: number;
};

/** Movable names of versions. */
export type ModelLabelTable = {
  model: string;
  label: string;
  version: number;
  updatedAt: number;
};

/** Files of an imported version. */
export type ModelFileTable = {
  model: string;
  version: number;
  path: string;
  sha256: string;
};

/**
 * What the service signs with; see `readServiceSecret`.
 *
 * @internal
 */
export type ServiceSecretTable = {
  name: string;
  secret: Bytes;
};

/** Every table by its name. */
export type Schema = {
  blobs: BlobTable;
  datasets: DatasetTable;
  datasetClasses: DatasetClassTable;
  samples: SampleTable;
  featureVectors: FeatureVectorTable;
  jobs: JobTable;
  jobSamples: JobSampleTable;
  jobEvents: JobEventTable;
  jobCheckpoints: JobCheckpointTable;
  models: ModelTable;
  modelVersions: ModelVersionTable;
  modelLabels: ModelLabelTable;
  modelFiles: ModelFileTable;
  serviceSecrets: ServiceSecretTable;
};
