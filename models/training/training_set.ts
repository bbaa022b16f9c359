import { rowStride } from "./network.ts";
import type { FeatureScaling } from "./feature_scaling.ts";
import type { LabelledFeatures } from "./labelled_features.ts";
import type { MemoryBlock, MemoryMatrix, TrainingMemory } from "./training_memory.ts";

/** Samples inside a training memory. */
export interface TrainingSet {
  /** `[n, stride]` standardised, with a 1 behind each row. */
  readonly features: MemoryMatrix;
  /** `[n]` int32. */
  readonly classes: MemoryBlock;
  /** `[n]` float32: how much each sample counts; they sum to 1. */
  readonly weights: MemoryBlock;
}

/** Room for samples, all zeros. */
export function allocateTrainingSet(
  memory: TrainingMemory,
  { rows, length }: { rows: number; length: number },
): TrainingSet {
  return {
    features: memory.allocateMatrix(rows, rowStride(length)),
    classes: memory.allocate(rows),
    weights: memory.allocate(rows),
  };
}

/** Options of {@linkcode loadTrainingSet}. */
export interface LoadTrainingSetOptions {
  /** All samples. */
  samples: LabelledFeatures;
  /** Which of the samples. */
  rows: Uint32Array;
  /** Whether they come in all their views, one view after the other. Default: false. */
  withViews?: boolean;
  /** What standardises the features. */
  scaling: FeatureScaling;
  /** How much a sample of each class counts, in any unit. */
  classWeights: Float64Array;
}

/** Copies samples into the memory and standardises them on the way. */
export function loadTrainingSet(
  memory: TrainingMemory,
  options: LoadTrainingSetOptions,
): TrainingSet {
  const { samples, rows, scaling, classWeights, withViews = false } = options;
  const { length } = samples;
  const { mean, factor } = scaling;
  const sources = [samples.features, ...(withViews ? samples.views ?? [] : [])];
  const set = allocateTrainingSet(memory, { rows: rows.length * sources.length, length });
  const { stride } = set.features;
  const features = memory.floats(set.features);
  const classes = memory.integers(set.classes);
  const weights = memory.floats(set.weights);
  let total = 0;
  for (const row of rows) total += classWeights[samples.classes[row] as number] as number;
  total *= sources.length;
  let place = 0;
  for (const source of sources) {
    for (const row of rows) {
      const from = row * length;
      const to = place * stride;
      for (let i = 0; i < length; i++) {
        const value = source[from + i] as number;
        features[to + i] = (value - (mean[i] as number)) * (factor[i] as number);
      }
      features[to + length] = 1;
      const index = samples.classes[row] as number;
      classes[place] = index;
      weights[place++] = (classWeights[index] as number) / total;
    }
  }
  return set;
}
