import type { DenseHead } from "../heads/dense_head.ts";
import { borrowTrainingMemory } from "./borrow_training_memory.ts";
import { Network, rowStride } from "./network.ts";
import type { MemoryMatrix } from "./training_memory.ts";

/** Feature vectors beside each other. */
export interface FeatureRows {
  /** `[n, length]` float32, row-major. */
  readonly features: Float32Array;
  /** Length of a feature vector: what the head takes. */
  readonly length: number;
}

/** Rows that are computed together. */
const CHUNK_ROWS = 256;

/**
 * Applies a head to many feature vectors, in the memory of the training line.
 *
 * @returns `[n, classes]` float32, row-major
 * @throws {TypeError} if the vectors do not have the length that the head takes
 */
export function computeLogits(
  head: DenseHead,
  { features, length }: FeatureRows,
): Float32Array<ArrayBuffer> {
  const units = head.layers.map((layer) => layer.units);
  const inputs = head.layers[0]?.inputs ?? 0;
  if (length !== inputs || features.length % length !== 0) {
    throw new TypeError(
      `Cannot compute logits as feature vectors must have length ${inputs}: ` +
        `${features.length} numbers of vectors of length ${length} were given`,
    );
  }
  const rows = features.length / length;
  const classes = units.at(-1) as number;
  const logits = new Float32Array(rows * classes);
  using loan = borrowTrainingMemory();
  const { memory } = loan;
  const network = new Network(memory, { inputs, hidden: units.slice(0, -1), classes });
  network.setHead(head);
  const chunk = memory.allocateMatrix(Math.min(rows, CHUNK_ROWS), rowStride(length));
  const pass = network.allocatePass(chunk);
  const output = pass.outputs.at(-1) as MemoryMatrix;
  for (let first = 0; first < rows; first += CHUNK_ROWS) {
    const count = Math.min(CHUNK_ROWS, rows - first);
    const values = memory.floats(chunk);
    for (let row = 0; row < count; row++) {
      const from = (first + row) * length;
      values.set(features.subarray(from, from + length), row * chunk.stride);
      values[row * chunk.stride + length] = 1;
    }
    network.forward(pass, count);
    const outputs = memory.floats(output);
    for (let row = 0; row < count; row++) {
      const from = row * output.stride;
      logits.set(outputs.subarray(from, from + classes), (first + row) * classes);
    }
  }
  return logits;
}
