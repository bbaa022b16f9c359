import { FIT_LIMITS } from "./fit_options.ts";
import { TrainingMemory } from "./training_memory.ts";

/** A memory of up to this size is kept for the next run. */
const KEPT_BYTES_MAX = 64 * 2 ** 20;

let spare: TrainingMemory | undefined;

/** An empty memory; disposing of the loan gives it back. */
export interface TrainingMemoryLoan extends Disposable {
  /** For the borrower alone. */
  readonly memory: TrainingMemory;
}

/**
 * Lends an empty memory, if there is one the memory of the run before in this thread: on virtual
 * machines the first touch of a page costs more than training on it.
 */
export function borrowTrainingMemory(): TrainingMemoryLoan {
  const memory = spare ?? new TrainingMemory(FIT_LIMITS.bytesMax);
  spare = undefined;
  return {
    memory,
    [Symbol.dispose]() {
      memory.reset();
      if (memory.bytesReserved <= KEPT_BYTES_MAX) spare = memory;
    },
  };
}
