import type { Database } from "../../lib/storage/database.ts";

/** What a training tells while it runs. Only its end is waited for. */
export interface TrainingReport {
  /** A stage begins. */
  enter(stage: { stage: TrainingStage; total: number }): void;
  /** Some more of the stage is done. */
  advance(step: { done: number; embedded?: number }): void;
  /** An epoch is over; the head is for a checkpoint. */
  epoch(epoch: TrainingEpoch): void;
  /** Something that a person should know. */
  warn(message: string): void;
  /**
   * Ends the job and tells so, both or neither, after all that was told before is stored.
   *
   * @param work ends it, in the transaction that it gets
   * @throws what storing failed with
   */
  end<Result>(
    work: (transaction: Database) => Promise<Result>,
    options: EndOptions<Result>,
  ): Promise<Result>;
}

/** Options of {@linkcode TrainingReport.end}. */
export interface EndOptions<Result> {
  /** What came of it, for people. */
  describe: (result: Result) => string;
  /** How bad that is. Default: `info`. */
  level?: "info" | "warn" | "error";
}

/** What a training does, one after the other. */
export type TrainingStage = "validating_files" | "embedding" | "reading" | "training" | "saving";

/** An epoch by the names that clients see. */
export interface TrainingEpoch {
  /** From 1. */
  epoch: number;
  /** Loss and accuracy. */
  metrics: Record<string, number>;
  /** As `encodeHead()` or `packNetworkWeights()` writes it. */
  head?: Uint8Array<ArrayBuffer>;
}
