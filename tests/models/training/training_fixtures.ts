/** A training line over fake executors, whose features are the first bytes of each sample. */
import type { OpenDatabase } from "../../../lib/storage/database.ts";
import { addSamples } from "../../../lib/storage/datasets/add_samples.ts";
import {
  createDataset,
  type Dataset,
  type DatasetKind,
} from "../../../lib/storage/datasets/datasets.ts";
import { createJob } from "../../../lib/storage/jobs/create_job.ts";
import type { Job } from "../../../lib/storage/jobs/job.ts";
import { openSqliteDatabase } from "../../../lib/storage/sqlite_database.ts";
import { encodeVector } from "../../../lib/datasets/encode_values.ts";
import { ServiceError } from "../../../lib/service_error.ts";
import type { InferenceResult, InferenceTask } from "../../../models/inference_task.ts";
import { ModelRegistry } from "../../../models/model_registry.ts";
import { InferencePool } from "../../../models/pool/inference_pool.ts";
import type { TrainingStation } from "../../../models/training/training_line.ts";
import { createMemorySource, makeKnown } from "../memory_source.ts";
import { bytesOf, FAKE_RESULT, FakeExecutor } from "../pool/fake_executor.ts";
import { ENTRY } from "../../routes/test_app.ts";

/** Length of the features of the fake backbone, which is named `tiny`. */
export const FEATURE_LENGTH = 4;
/** A sample that begins with this byte is none that can be decoded. */
export const BROKEN_BYTE = 255;

const DATASET_LIMITS = { samplesMax: 1_000, bytesMax: 1_000_000, classesMax: 10 };

/** A line to be tested, with what a test needs to look behind it. */
export interface TestStation extends TrainingStation, AsyncDisposable {
  database: OpenDatabase;
  /** The first, and those that replaced it. */
  executors: FakeExecutor[];
}

/** What a test decides about the line. */
export interface TestStationOptions {
  database?: OpenDatabase;
  /** In place of {@linkcode embedBytes}. */
  run?: (task: InferenceTask) => Promise<InferenceResult>;
  /** Where each executor that is started is put. */
  executors?: FakeExecutor[];
}

/** The first bytes of a sample are its features; those of a view are larger by 1. */
export function embedBytes(task: InferenceTask): Promise<InferenceResult> {
  const bytes = bytesOf(task);
  if (bytes[0] === BROKEN_BYTE) throw new ServiceError("invalid_image", "Cannot decode image");
  const view = task.query.verb === "embed" ? task.query.view : undefined;
  const embedding = Float32Array.from(bytes.subarray(0, FEATURE_LENGTH))
    .map((value) => value + (view ? 1 : 0));
  return Promise.resolve({ ...FAKE_RESULT, answer: { verb: "embed", embedding } });
}

export async function openTestStation(options: TestStationOptions = {}): Promise<TestStation> {
  const database = options.database ?? await openSqliteDatabase(":memory:");
  const { executors = [] } = options;
  const pool = await InferencePool.start({
    size: 1,
    queueMax: 4,
    taskTimeoutMs: 5_000,
    spawn() {
      const executor = new FakeExecutor({ run: options.run ?? embedBytes });
      executors.push(executor);
      return Promise.resolve(executor);
    },
  });
  const source = createMemorySource([makeKnown({ ...ENTRY, labels: ["a", "b"] })]);
  return {
    database,
    executors,
    pool,
    models: new ModelRegistry([source], { pool, loadedMax: 2 }),
    pixelsMax: 1_000,
    modelLimits: { modelsMax: 10, versionsMax: 10 },
    async [Symbol.asyncDispose]() {
      pool.close();
      if (!options.database) await database[Symbol.asyncDispose]();
    },
  };
}

/** Makes a dataset of samples, each with its bytes and class. */
export async function fillDataset(
  database: OpenDatabase,
  samples: readonly (readonly [bytes: Uint8Array<ArrayBuffer>, className: string])[],
  { name = "set", kind = "image" as DatasetKind } = {},
): Promise<Dataset> {
  const dataset = await createDataset(database, { name, kind, datasetsMax: 10 });
  await addSamples(database, {
    datasetId: dataset.id,
    samples: samples.map(([bytes, className], index) => ({
      name: `${index}.bin`,
      class: className,
      bytes,
    })),
    limits: DATASET_LIMITS,
  });
  return dataset;
}

/** Samples of two classes that a line tells apart: `low` has small first bytes, `high` large ones. */
export function makePairs(count: number): (readonly [Uint8Array<ArrayBuffer>, string])[] {
  return Array.from({ length: count }, (_, index) => {
    const isHigh = index % 2 === 1;
    return [
      Uint8Array.of((isHigh ? 100 : 10) + index, index % 7, index % 3, 5),
      isHigh ? "high" : "low",
    ];
  });
}

/** The same as vectors. */
export function makeVectorPairs(count: number): (readonly [Uint8Array<ArrayBuffer>, string])[] {
  return makePairs(count).map(([bytes, className]) => [encodeVector([...bytes]), className]);
}

/** Makes a job over a dataset. */
export async function addJob(
  database: OpenDatabase,
  { id }: Dataset,
  { model = "tiny", hyperparameters = {} as Record<string, unknown>, resultModel = "made" } = {},
): Promise<Job> {
  const { job } = await createJob(database, {
    model,
    datasetId: id,
    resultModel,
    hyperparameters,
    requestHash: "",
    limits: { unfinishedMax: 100, finishedMax: 100 },
  });
  return job;
}
