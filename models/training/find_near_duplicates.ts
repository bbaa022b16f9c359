import { borrowTrainingMemory } from "./borrow_training_memory.ts";
import { rowStride } from "./network.ts";
import type { LabelledFeatures } from "./labelled_features.ts";
import type { SampleSplit } from "./split_samples.ts";
import type { MemoryMatrix, TrainingMemory } from "./training_memory.ts";

/** Two samples on both sides of a split that are almost the same. */
export interface NearDuplicate {
  /** The place of the sample that trained. */
  training: number;
  /** The place of the sample that judges. */
  validation: number;
  /** Cosine of the angle between both feature vectors, seen from the mean of all. */
  similarity: number;
}

/** Options of {@linkcode findNearDuplicates}. */
export interface NearDuplicateOptions {
  /** Which samples train. */
  split: SampleSplit;
  /** From which similarity on, in (0, 1]. */
  similarityMin: number;
}

/** Validation samples that are compared together. */
const CHUNK_ROWS = 128;

/** How many pairs are compared, so that large data sets take no more than about a second. */
const PAIRS_COMPARED_MAX = 8_000_000;

/**
 * For each validation sample that has one, its most similar training sample: a validation score over
 * such samples says how well the head remembers, not how well it generalises.
 * Of large sets only the first validation samples are looked at, 8 million pairs in all.
 *
 * @returns the most similar first
 */
export function findNearDuplicates(
  samples: LabelledFeatures,
  { split, similarityMin }: NearDuplicateOptions,
): NearDuplicate[] {
  const { training } = split;
  const validation = split.validation.subarray(
    0,
    Math.ceil(PAIRS_COMPARED_MAX / Math.max(1, training.length)),
  );
  if (validation.length === 0) return [];
  using loan = borrowTrainingMemory();
  const { memory } = loan;
  const mean = measureMean(samples);
  const stride = rowStride(samples.length);
  const known = memory.allocateMatrix(training.length, stride);
  const chunk = memory.allocateMatrix(Math.min(CHUNK_ROWS, validation.length), stride);
  const cosines = memory.allocateMatrix(chunk.rows, 4 * Math.ceil(training.length / 4));
  loadDirections(memory, known, { samples, mean, rows: training });
  const found: NearDuplicate[] = [];
  for (let first = 0; first < validation.length; first += CHUNK_ROWS) {
    const rows = validation.subarray(first, first + CHUNK_ROWS);
    loadDirections(memory, chunk, { samples, mean, rows });
    memory.kernels.multiplyTransposed(
      ...[chunk.pointer, stride, known.pointer, stride, cosines.pointer, cosines.stride],
      ...[rows.length, training.length, stride],
    );
    const values = memory.floats(cosines);
    rows.forEach((sample, place) => {
      const from = place * cosines.stride;
      const row = values.subarray(from, from + training.length);
      let nearest = 0;
      row.forEach((cosine, index) => {
        if (cosine > (row[nearest] as number)) nearest = index;
      });
      const similarity = Math.min(1, row[nearest] as number);
      if (similarity >= similarityMin) {
        found.push({ training: training[nearest] as number, validation: sample, similarity });
      }
    });
  }
  return found.sort((a, b) => b.similarity - a.similarity);
}

function measureMean({ features, length, classes }: LabelledFeatures): Float64Array {
  const mean = new Float64Array(length);
  for (let first = 0; first < features.length; first += length) {
    for (let i = 0; i < length; i++) {
      mean[i] = (mean[i] as number) + (features[first + i] as number);
    }
  }
  return mean.map((sum) => sum / classes.length);
}

/** Writes feature vectors, less the mean, with length 1; one at the mean stays 0. */
function loadDirections(
  memory: TrainingMemory,
  target: MemoryMatrix,
  { samples, mean, rows }: { samples: LabelledFeatures; mean: Float64Array; rows: Uint32Array },
): void {
  const { features, length } = samples;
  const values = memory.floats(target);
  rows.forEach((row, place) => {
    const from = row * length;
    const to = place * target.stride;
    let squares = 0;
    for (let i = 0; i < length; i++) {
      const difference = (features[from + i] as number) - (mean[i] as number);
      values[to + i] = difference;
      squares += difference * difference;
    }
    const scale = squares > 0 ? 1 / Math.sqrt(squares) : 0;
    for (let i = 0; i < length; i++) values[to + i] = scale * (values[to + i] as number);
  });
}
