import type { Database } from "../database.ts";
import { inTransaction } from "../in_transaction.ts";
import { lockSubject } from "../lock_subject.ts";
import type { CountedSample } from "./class_counts.ts";

/** What goes in one transaction: on SQLite nothing else runs meanwhile. */
const STEP_SAMPLES_MAX = 200;
const STEP_BYTES_MAX = 4 * 1024 * 1024;

/** What is left to know of a sample whose row was deleted. */
export interface DeletedSample extends CountedSample {
  /** Of its bytes. */
  sha256: string;
}

/** What {@linkcode deleteInSteps} needs. */
export interface DeleteInStepsOptions {
  /** Which samples: those that have the value in the column. */
  column: "datasetId" | "uploadId";
  /** Id of the dataset or of the upload. */
  value: string;
  /** Runs at the beginning of each transaction, which holds `blobs`; when it gives false, it ends. */
  begin?: (transaction: Database) => Promise<boolean>;
  /** Follows up on rows that were deleted, in the same transaction; the last time on none. */
  follow: (transaction: Database, deleted: DeletedSample[]) => Promise<void>;
}

/**
 * Deletes samples in as many transactions as it takes, and lets others have their turn in between,
 * as SQLite works in the calling thread. A fault leaves those that were not reached.
 */
export async function deleteInSteps(
  database: Database,
  options: DeleteInStepsOptions,
): Promise<void> {
  while (await inTransaction(database, (transaction) => deleteSome(transaction, options))) {
    await new Promise((resolve) => setTimeout(resolve));
  }
}

/** Whether there may be more. */
async function deleteSome(
  transaction: Database,
  { column, value, begin, follow }: DeleteInStepsOptions,
): Promise<boolean> {
  await lockSubject(transaction, "blobs");
  if (begin && !await begin(transaction)) return false;
  const found = await transaction.query.selectFrom("samples").select(["sequence", "length"])
    .where(column, "=", value).orderBy("sequence").limit(STEP_SAMPLES_MAX).execute();
  let bytes = 0;
  const sequences = found.filter(({ length }, index) => {
    bytes += length;
    return index === 0 || bytes <= STEP_BYTES_MAX;
  }).map(({ sequence }) => sequence);
  const deleted = found.length === 0 ? [] : await transaction.query.deleteFrom("samples")
    .where("sequence", "in", sequences).returning(["sha256", "class", "length"]).execute();
  await follow(transaction, deleted);
  return found.length > 0;
}
