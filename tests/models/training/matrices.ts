import { createRandom } from "../../../lib/random.ts";
import type {
  MemoryBlock,
  MemoryMatrix,
  TrainingMemory,
} from "../../../models/training/training_memory.ts";

/** Evenly distributed numbers from -1 to 1. */
export function drawNumbers(count: number, seed = 0): Float32Array<ArrayBuffer> {
  const random = createRandom(seed);
  return Float32Array.from({ length: count }, () => 2 * random() - 1);
}

/** Fills a block with numbers that are not 0. */
export function fillRandom(memory: TrainingMemory, block: MemoryBlock, seed = 0): void {
  memory.floats(block).set(drawNumbers(block.length, seed));
}

/** One number of a matrix. */
export function readCell(memory: TrainingMemory, matrix: MemoryMatrix, [row, column]: number[]) {
  return memory.floats(matrix)[(row ?? NaN) * matrix.stride + (column ?? NaN)] ?? NaN;
}
