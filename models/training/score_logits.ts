import type { MemoryMatrix, TrainingMemory } from "./training_memory.ts";
import type { TrainingSet } from "./training_set.ts";

/** How well a head fits samples. */
export interface Score {
  /** Mean cross-entropy in nats, the samples weighted as in training. */
  loss: number;
  /** Part of the samples whose own class has the highest logit. */
  accuracy: number;
}

/** Logits inside a training memory, and how many of their rows and columns count. */
export interface LogitRows {
  /** `[rows, stride]`. */
  logits: MemoryMatrix;
  /** Their classes and weights. */
  samples: TrainingSet;
  /** How many rows count. */
  rows: number;
  /** How many columns count. */
  classCount: number;
}

/** In how many rows the sample's own class has the highest logit, the first of equals. */
export function countHits(memory: TrainingMemory, options: LogitRows): number {
  const { logits, samples, rows, classCount } = options;
  const values = memory.floats(logits);
  const classes = memory.integers(samples.classes);
  let hits = 0;
  for (let row = 0; row < rows; row++) {
    const first = row * logits.stride;
    let best = 0;
    for (let index = 1; index < classCount; index++) {
      if ((values[first + index] as number) > (values[first + best] as number)) best = index;
    }
    if (best === classes[row]) hits++;
  }
  return hits;
}

/**
 * Mean loss and accuracy.
 *
 * @param options with all rows of the samples
 */
export function scoreLogits(memory: TrainingMemory, options: LogitRows): Score {
  const { logits, samples, rows } = options;
  const { classes, weights } = samples;
  const { result } = memory;
  // The loss along any direction, 0 steps away.
  memory.kernels.crossEntropyAlong(
    ...[logits.pointer, logits.pointer, 0, logits.stride],
    ...[classes.pointer, weights.pointer, rows, result.pointer],
  );
  const [loss = NaN] = memory.doubles(result, 1);
  return { loss, accuracy: countHits(memory, options) / rows };
}
