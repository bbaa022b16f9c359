/** The two engines that hold the data. */
export type Engine = "sqlite" | "postgresql";

/** A step of the schema: the statements that lead from the one before to this one. */
export type Migration = (engine: Engine) => readonly string[];

/** What the engines call the same thing. */
function columnTypes(engine: Engine) {
  return engine === "sqlite"
    ? {
      sequence: "integer primary key autoincrement",
      integer: "integer",
      bytes: "blob",
      // Refuses a value of another type than the column's, as PostgreSQL does.
      table: "strict",
    }
    : {
      sequence: "bigint generated always as identity primary key",
      integer: "bigint",
      bytes: "bytea",
      table: "",
    };
}

function createDatasets(engine: Engine): readonly string[] {
  const { sequence, integer, bytes, table } = columnTypes(engine);
  return [
    `create table blobs (
      sha256 text primary key,
      length ${integer} not null,
      bytes ${bytes} not null
    ) ${table}`,
    `create table datasets (
      sequence ${sequence},
      id text not null unique,
      name text not null unique,
      kind text not null check (kind in ('image', 'text', 'series', 'vector')),
      created_at ${integer} not null
    ) ${table}`,
    `create table dataset_classes (
      dataset_id text not null references datasets (id) on delete cascade,
      class text not null,
      samples ${integer} not null check (samples >= 0),
      bytes ${integer} not null check (bytes >= 0),
      primary key (dataset_id, class)
    ) ${table}`,
    `create table samples (
      sequence ${sequence},
      id text not null unique,
      dataset_id text not null references datasets (id) on delete cascade,
      sha256 text not null references blobs (sha256),
      class text not null,
      name text not null,
      length ${integer} not null,
      created_at ${integer} not null,
      unique (dataset_id, sha256, class)
    ) ${table}`,
    "create index samples_by_dataset on samples (dataset_id, sequence)",
    "create index samples_by_class on samples (dataset_id, class, sequence)",
    "create index samples_by_sha256 on samples (sha256)",
    `create table feature_vectors (
      sha256 text not null references blobs (sha256) on delete cascade,
      backbone_sha256 text not null,
      view text not null,
      vector ${bytes} not null,
      primary key (sha256, backbone_sha256, view)
    ) ${table}`,
  ];
}

function createJobs(engine: Engine): readonly string[] {
  const { sequence, integer, bytes, table } = columnTypes(engine);
  return [
    `create table jobs (
      sequence ${sequence},
      id text not null unique,
      status text not null check (status in
        ('validating_files', 'queued', 'running', 'succeeded', 'failed', 'cancelled')),
      model text not null,
      dataset text not null,
      dataset_hash text not null,
      result_model text not null,
      result_version ${integer},
      hyperparameters_json text not null,
      progress_json text,
      error_json text,
      evaluation_json text,
      idempotency_key text unique,
      request_hash text not null,
      cancel_requested ${integer} not null,
      attempts ${integer} not null,
      last_event ${integer} not null,
      lease_token text,
      lease_owner text,
      lease_expires_at ${integer},
      created_at ${integer} not null,
      started_at ${integer},
      finished_at ${integer}
    ) ${table}`,
    // What a claim looks through: only the jobs that have not ended.
    `create index jobs_unfinished on jobs (sequence)
      where status in ('validating_files', 'queued', 'running')`,
    `create table job_samples (
      job_id text not null references jobs (id) on delete cascade,
      position ${integer} not null,
      sample_id text not null,
      sha256 text not null references blobs (sha256),
      class text not null,
      name text not null,
      primary key (job_id, position)
    ) ${table}`,
    "create index job_samples_by_sha256 on job_samples (sha256)",
    `create table job_events (
      job_id text not null references jobs (id) on delete cascade,
      sequence ${integer} not null,
      created_at ${integer} not null,
      level text not null check (level in ('info', 'warn', 'error')),
      type text not null check (type in ('message', 'metrics')),
      message text not null,
      data_json text,
      primary key (job_id, sequence)
    ) ${table}`,
    `create table job_checkpoints (
      job_id text not null references jobs (id) on delete cascade,
      step ${integer} not null,
      created_at ${integer} not null,
      metrics_json text not null,
      weights ${bytes} not null,
      primary key (job_id, step)
    ) ${table}`,
  ];
}

function createModels(engine: Engine): readonly string[] {
  const { sequence, integer, bytes, table } = columnTypes(engine);
  return [
    `create table models (
      sequence ${sequence},
      name text not null unique,
      last_version ${integer} not null,
      created_at ${integer} not null
    ) ${table}`,
    `create table model_versions (
      model text not null references models (name) on delete cascade,
      version ${integer} not null,
      job_id text unique,
      backbone_sha256 text,
      head ${bytes},
      card_json text not null,
      created_at ${integer} not null,
      primary key (model, version)
    ) ${table}`,
    // No cascade from the version: one that a label points to cannot be deleted.
    `create table model_labels (
      model text not null references models (name) on delete cascade,
      label text not null,
      version ${integer} not null,
      updated_at ${integer} not null,
      primary key (model, label),
      foreign key (model, version) references model_versions (model, version)
    ) ${table}`,
    `create table model_files (
      model text not null,
      version ${integer} not null,
      path text not null,
      sha256 text not null references blobs (sha256),
      primary key (model, version, path),
      foreign key (model, version) references model_versions (model, version) on delete cascade
    ) ${table}`,
    "create index model_files_by_sha256 on model_files (sha256)",
  ];
}

/** Samples of an upload that is not complete are marked with it. */
function markUploads(): readonly string[] {
  return [
    "alter table samples add column upload_id text",
    "create index samples_by_upload on samples (upload_id) where upload_id is not null",
  ];
}

/** What the service signs with, by name. */
function createSecrets(engine: Engine): readonly string[] {
  const { bytes, table } = columnTypes(engine);
  return [
    `create table service_secrets (name text primary key, secret ${bytes} not null) ${table}`,
  ];
}

/** A dataset that is being deleted is marked as such until all of it is gone. */
function markDeletions(engine: Engine): readonly string[] {
  return [`alter table datasets add column deleted_at ${columnTypes(engine).integer}`];
}

/**
 * Every step of the schema, by a name that sorts in the order of application. A step that was
 * released is never changed: a new one follows it.
 */
export const MIGRATIONS: Readonly<Record<string, Migration>> = {
  "0001_datasets": createDatasets,
  "0002_jobs": createJobs,
  "0003_models": createModels,
  "0004_uploads": markUploads,
  "0005_secrets": createSecrets,
  "0006_deletions": markDeletions,
};
