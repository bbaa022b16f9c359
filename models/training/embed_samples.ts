import { readBlob } from "../../lib/storage/blobs.ts";
import { chunkValues } from "../../lib/storage/chunk_values.ts";
import type { Database } from "../../lib/storage/database.ts";
import { readFeatureVectors, storeFeatureVectors } from "../../lib/storage/feature_vectors.ts";
import type { JobSample } from "../../lib/storage/jobs/job_samples.ts";
import { type ErrorCode, ServiceError } from "../../lib/service_error.ts";
import type { InferenceTask } from "../inference_task.ts";
import type { ServedModel } from "../model_registry.ts";
import type { InferencePool } from "../pool/inference_pool.ts";
import { readSampleInput } from "./sample_input.ts";
import type { SampleView } from "./sample_views.ts";

/** Where samples are embedded. */
export interface EmbeddingStation {
  /** Holds the samples and the feature vectors. */
  database: Database;
  /** Runs the backbone in the background. */
  pool: InferencePool;
  /** Stands on the backbone; loaded. */
  model: ServedModel;
  /** A picture with more pixels is not decoded. */
  pixelsMax: number;
}

/** What {@linkcode embedSamples} does. */
export interface EmbedSamplesOptions {
  /** In which order the rows come. */
  samples: readonly JobSample[];
  /** How the samples are shown. */
  view: SampleView;
  /** Ends it; what is embedded stays stored. */
  signal: AbortSignal;
  /** Called after every few samples. */
  onProgress: (step: EmbeddingStep) => void;
}

/** A few more samples are done. */
export interface EmbeddingStep {
  /** How many. */
  done: number;
  /** How many of them had to be embedded. */
  embedded: number;
}

/** Feature vectors of samples. */
export interface EmbeddedSamples {
  /** `[n, featureLength]`; rows of rejected samples are 0. */
  features: Float32Array<ArrayBuffer>;
  /** Why a sample has no feature vector, by its row. */
  rejected: Map<number, ServiceError>;
}

/** Samples whose vectors are read together. */
const CHUNK_SAMPLES = 128;
/** Samples that are embedded and then stored together: what a killed process loses at most. */
const BATCH_SAMPLES = 32;

/** The sample is at fault, not the service. */
const SAMPLE_FAULTS: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "invalid_image",
  "invalid_sample",
  "invalid_value",
  "image_too_large",
  "non_finite_output",
  "not_an_image",
]);
/** A sample that breaks its worker this often is at fault. */
const ATTEMPTS_MAX = 2;

/**
 * Gives the feature vectors of samples: those that are stored, and the others embedded through the
 * pool behind all requests and stored as they come, so that whoever starts again goes on from there.
 *
 * @throws {ServiceError} what the service fails with; a sample at fault is in `rejected`
 * @throws the signal's reason when it aborts
 */
export async function embedSamples(
  station: EmbeddingStation,
  { samples, view, signal, onProgress }: EmbedSamplesOptions,
): Promise<EmbeddedSamples> {
  const { featureLength } = station.model.report;
  const features = new Float32Array(samples.length * featureLength);
  const rejected = new Map<number, ServiceError>();
  let row = 0;
  for (const chunk of chunkValues(samples, CHUNK_SAMPLES)) {
    const vectors = await readVectors(station, { samples: chunk, view });
    const missing = [...new Set(chunk.map(({ sha256 }) => sha256))]
      .filter((sha256) => !vectors.has(sha256));
    onProgress({ done: chunk.length - missing.length, embedded: 0 });
    for (const batch of chunkValues(missing, BATCH_SAMPLES)) {
      signal.throwIfAborted();
      for (const [sha256, vector] of await embedBatch(station, { sha256s: batch, view, signal })) {
        vectors.set(sha256, vector);
      }
      onProgress({ done: batch.length, embedded: batch.length });
    }
    for (const { sha256 } of chunk) {
      const vector = vectors.get(sha256);
      if (vector instanceof Float32Array) features.set(vector, row * featureLength);
      else if (vector) rejected.set(row, vector);
      row++;
    }
  }
  return { features, rejected };
}

/** By hash of the sample. */
type VectorsOrFaults = Map<string, Float32Array<ArrayBuffer> | ServiceError>;

async function readVectors(
  { database, model }: EmbeddingStation,
  { samples, view }: { samples: readonly JobSample[]; view: SampleView },
): Promise<VectorsOrFaults> {
  return await readFeatureVectors(database, {
    backboneSha256: model.backboneSha256,
    view: view.name,
    sha256s: [...new Set(samples.map(({ sha256 }) => sha256))],
  });
}

async function embedBatch(
  station: EmbeddingStation,
  { sha256s, view, signal }: { sha256s: readonly string[]; view: SampleView; signal: AbortSignal },
): Promise<VectorsOrFaults> {
  const outcomes: VectorsOrFaults = new Map();
  await Promise.all(sha256s.map(async (sha256) => {
    outcomes.set(sha256, await embedOne(station, { sha256, view, signal }));
  }));
  const { database, model: { backboneSha256 } } = station;
  const vectors = new Map<string, Float32Array<ArrayBuffer>>();
  for (const [sha256, outcome] of outcomes) {
    if (outcome instanceof Float32Array) vectors.set(sha256, outcome);
  }
  await storeFeatureVectors(database, { backboneSha256, view: view.name, vectors });
  return outcomes;
}

/** The feature vector, or why the sample is at fault that there is none. */
async function embedOne(
  { database, pool, model, pixelsMax }: EmbeddingStation,
  { sha256, view, signal }: { sha256: string; view: SampleView; signal: AbortSignal },
): Promise<Float32Array<ArrayBuffer> | ServiceError> {
  for (let attempt = 1;; attempt++) {
    const bytes = await readBlob(database, sha256);
    if (!bytes) throw new TypeError(`The bytes of sample ${sha256} are gone`);
    try {
      const task: InferenceTask = {
        model: model.id,
        input: readSampleInput(bytes, model.description.input),
        query: { verb: "embed", view: view.describe(sha256) },
        pixelsMax,
      };
      const [result] = await Promise.all(pool.run([task], signal, { priority: "background" }));
      if (result?.answer.verb !== "embed") throw new TypeError("The answer must embed");
      return result.answer.embedding;
    } catch (error) {
      if (signal.aborted || !(error instanceof ServiceError)) throw error;
      if (SAMPLE_FAULTS.has(error.code)) return error;
      // It may have been another task that broke the worker.
      if (error.code !== "worker_lost") throw error;
      if (attempt === ATTEMPTS_MAX) return error;
    }
  }
}
