import { decodeVector } from "../../lib/datasets/encode_values.ts";
import { readBlob } from "../../lib/storage/blobs.ts";
import type { Database } from "../../lib/storage/database.ts";
import type { JobSample } from "../../lib/storage/jobs/job_samples.ts";
import { ServiceError } from "../../lib/service_error.ts";
import { type EmbeddingStation, type EmbeddingStep, embedSamples } from "./embed_samples.ts";
import { listAugmentedViews, PLAIN_VIEW } from "./sample_views.ts";
import { selectRows } from "./select_rows.ts";

/** What {@linkcode collectFeatures} does. */
export interface CollectFeaturesOptions {
  /** All of a job. */
  samples: readonly JobSample[];
  /** Views of each sample beside the plain one. */
  augment: number;
  /** Ends it. */
  signal: AbortSignal;
  /** Called after every few samples of a view. */
  onProgress: (step: EmbeddingStep) => void;
}

/** The samples that can be trained on, with their features. */
export interface CollectedFeatures {
  /** Those that have features. */
  samples: JobSample[];
  /** Length of a feature vector. */
  length: number;
  /** `[n, length]` of the plain samples. */
  features: Float32Array<ArrayBuffer>;
  /** `[n, length]` of each other view. */
  views: Float32Array<ArrayBuffer>[];
  /** Samples that have no features, and why. */
  rejected: { sample: JobSample; error: ServiceError }[];
}

/**
 * Gives the features of all samples of a job in all views; one that cannot be shown in every view is
 * left out.
 *
 * @throws as `embedSamples()` does
 */
export async function collectFeatures(
  station: EmbeddingStation,
  { samples, augment, signal, onProgress }: CollectFeaturesOptions,
): Promise<CollectedFeatures> {
  const matrices: Float32Array<ArrayBuffer>[] = [];
  const faults = new Map<number, ServiceError>();
  for (const view of [PLAIN_VIEW, ...listAugmentedViews(augment)]) {
    const options = { samples, view, signal, onProgress };
    const { features, rejected } = await embedSamples(station, options);
    matrices.push(features);
    for (const [row, error] of rejected) faults.set(row, error);
  }
  const length = station.model.report.featureLength;
  return leaveOut(faults, { samples, length, matrices });
}

/**
 * Reads the samples of a job that are vectors: they are their own features.
 *
 * @throws {ServiceError} `invalid_sample` if they have different lengths
 */
export async function readVectors(
  database: Database,
  samples: readonly JobSample[],
): Promise<CollectedFeatures> {
  let features = new Float32Array();
  let length = 0;
  for (const [row, { sha256, name }] of samples.entries()) {
    const bytes = await readBlob(database, sha256);
    if (!bytes) throw new TypeError(`The bytes of sample ${sha256} are gone`);
    const vector = decodeVector(bytes);
    if (row === 0) {
      length = vector.length;
      features = new Float32Array(samples.length * length);
    }
    if (vector.length !== length) {
      throw new ServiceError(
        "invalid_sample",
        `Cannot train as all vectors must have one length, ${length}: ` +
          `${JSON.stringify(name)} has ${vector.length}`,
      );
    }
    features.set(vector, row * length);
  }
  return { samples: [...samples], length, features, views: [], rejected: [] };
}

function leaveOut(
  faults: ReadonlyMap<number, ServiceError>,
  { samples, length, matrices }: {
    samples: readonly JobSample[];
    length: number;
    matrices: Float32Array<ArrayBuffer>[];
  },
): CollectedFeatures {
  const rows = samples.map((_, row) => row).filter((row) => !faults.has(row));
  const [features, ...views] = matrices.map((matrix) =>
    faults.size === 0 ? matrix : selectRows(matrix, { rows, length })
  );
  return {
    samples: rows.map((row) => samples[row] as JobSample),
    length,
    features: features as Float32Array<ArrayBuffer>,
    views,
    rejected: [...faults].sort(([a], [b]) => a - b)
      .map(([row, error]) => ({ sample: samples[row] as JobSample, error })),
  };
}
