import { sql } from "kysely";
import type { Database } from "../database.ts";
import { databaseTime } from "../database_time.ts";
import { inTransaction } from "../in_transaction.ts";
import { lockSubject } from "../lock_subject.ts";
import { deleteInSteps } from "./delete_in_steps.ts";
import { forgetSamples } from "./forget_samples.ts";
import { findAndLockDataset, lockDataset } from "./lock_dataset.ts";

/**
 * Samples that came with an upload are marked with it until it is complete, as only then the client
 * is told about them. Jobs do not see them before.
 */
export interface UploadAddress {
  /** Id of the dataset that the samples go into. */
  datasetId: string;
  /** Id of the upload. */
  uploadId: string;
}

/**
 * Completes an upload: its samples stay.
 *
 * @param whenKept runs in the same transaction; when it throws, the upload is not complete
 * @throws {ServiceError} `dataset_not_found`
 */
export function keepUpload(
  database: Database,
  { datasetId, uploadId }: UploadAddress,
  whenKept: (transaction: Database) => Promise<void> = () => Promise.resolve(),
): Promise<void> {
  return inTransaction(database, async (transaction) => {
    await lockSubject(transaction, "blobs");
    await lockDataset(transaction, datasetId);
    await transaction.query.updateTable("samples").set({ uploadId: null })
      .where("uploadId", "=", uploadId).execute();
    await whenKept(transaction);
  });
}

/** The names of the classes that have samples beside those of uploads that are not complete. */
export async function listKeptClasses(database: Database, datasetId: string): Promise<string[]> {
  const rows = await database.query.selectFrom("datasetClasses as counted").select("class")
    .where("datasetId", "=", datasetId)
    // One sample is enough: a dataset may have many.
    .where(({ exists, selectFrom }) =>
      exists(
        selectFrom("samples").select("samples.id")
          .where("samples.datasetId", "=", datasetId)
          .whereRef("samples.class", "=", "counted.class")
          .where("samples.uploadId", "is", null),
      )
    )
    .execute();
  return rows.map((row) => row.class);
}

/** Removes the samples of an upload that broke off; a dataset that is gone has none. */
export function dropUpload(
  database: Database,
  { datasetId, uploadId }: UploadAddress,
): Promise<void> {
  return deleteInSteps(database, {
    column: "uploadId",
    value: uploadId,
    begin: async (transaction) => await findAndLockDataset(transaction, datasetId) !== undefined,
    follow: (transaction, deleted) => forgetSamples(transaction, datasetId, deleted),
  });
}

/**
 * Removes what is left of uploads whose process was killed.
 *
 * @param olderThanMs no upload that began so long ago, by the clock of the database, still runs;
 * without it, none runs at all
 */
export async function dropBrokenUploads(
  database: Database,
  { olderThanMs }: { olderThanMs?: number } = {},
): Promise<void> {
  let query = database.query.selectFrom("samples").select(["datasetId", "uploadId"])
    .where("uploadId", "is not", null).groupBy(["datasetId", "uploadId"]);
  if (olderThanMs !== undefined) {
    const startedBefore = sql<number>`${databaseTime(database.engine)} - ${sql.lit(olderThanMs)}`;
    query = query.having(({ fn }) => fn.min("createdAt"), "<", startedBefore);
  }
  for (const { datasetId, uploadId } of await query.execute()) {
    if (uploadId !== null) await dropUpload(database, { datasetId, uploadId });
  }
}
