import { getLogger } from "@logtape/logtape";
import { removeUnusedBlobs } from "../blobs.ts";
import type { Database } from "../database.ts";
import { inTransaction } from "../in_transaction.ts";
import { readDataset } from "./datasets.ts";
import { deleteInSteps } from "./delete_in_steps.ts";
import { findAndLockDataset, lockDataset } from "./lock_dataset.ts";

const logger = getLogger(["lastlayer", "storage"]);

/**
 * Deletes a dataset with its samples, and the bytes that nothing else refers to. Jobs keep what they
 * froze. One transaction makes it invisible as a whole; then it goes piece by piece. What a fault
 * leaves of it is for `sweepDatasets()`.
 *
 * @throws {ServiceError} `dataset_not_found`
 */
export async function deleteDataset(database: Database, name: string): Promise<void> {
  const id = await hideDataset(database, name);
  try {
    await removeHidden(database, id);
  } catch (error) {
    logger.warning("Cannot remove all of dataset {id} now: {error}", { id, error });
  }
}

/** Deletes a dataset, unless it has samples by now or is gone already. */
export function deleteEmptyDataset(database: Database, datasetId: string): Promise<void> {
  return inTransaction(database, async (transaction) => {
    if (!await findAndLockDataset(transaction, datasetId)) return;
    const sample = await transaction.query.selectFrom("samples").select("id")
      .where("datasetId", "=", datasetId).limit(1).executeTakeFirst();
    if (sample) return;
    await transaction.query.deleteFrom("datasets").where("id", "=", datasetId).execute();
    await transaction.announce({ topic: "dataset", id: datasetId });
  });
}

/** Goes on with the deletions that were cut off, by a fault of the database or the process's end. */
export async function finishDeletions(database: Database): Promise<void> {
  const hidden = await database.query.selectFrom("datasets").select("id")
    .where("deletedAt", "is not", null).execute();
  for (const { id } of hidden) await removeHidden(database, id);
}

function hideDataset(database: Database, name: string): Promise<string> {
  return inTransaction(database, async (transaction) => {
    const { id } = await readDataset(transaction, name);
    await lockDataset(transaction, id);
    // The name is there to be taken again; no dataset can be called like this.
    await transaction.query.updateTable("datasets")
      .set({ name: `deleted ${id}`, deletedAt: Date.now() }).where("id", "=", id).execute();
    await transaction.announce({ topic: "dataset", id });
    return id;
  });
}

function removeHidden(database: Database, id: string): Promise<void> {
  return deleteInSteps(database, {
    column: "datasetId",
    value: id,
    async follow(transaction, deleted) {
      await removeUnusedBlobs(transaction, deleted.map(({ sha256 }) => sha256));
      if (deleted.length > 0) return;
      await transaction.query.deleteFrom("datasets").where("id", "=", id).execute();
    },
  });
}
