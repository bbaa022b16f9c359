import { ServiceError } from "../../service_error.ts";
import type { Database } from "../database.ts";
import type { Dataset } from "./datasets.ts";

/**
 * Reads a dataset and keeps other transactions from changing its samples until this one ends, so
 * that limits hold and counts are right.
 *
 * @throws {ServiceError} `dataset_not_found`
 */
export async function lockDataset(transaction: Database, datasetId: string): Promise<Dataset> {
  const dataset = await findAndLockDataset(transaction, datasetId);
  if (dataset) return dataset;
  throw new ServiceError("dataset_not_found", `Cannot find dataset ${JSON.stringify(datasetId)}`);
}

/** Like {@linkcode lockDataset}; `undefined` when there is none. */
export async function findAndLockDataset(
  transaction: Database,
  datasetId: string,
): Promise<Dataset | undefined> {
  const query = transaction.query.selectFrom("datasets")
    .select(["id", "name", "kind", "createdAt"]).where("id", "=", datasetId)
    .where("deletedAt", "is", null);
  // SQLite has one writer at a time anyway.
  return await (transaction.engine === "postgresql" ? query.forUpdate() : query).executeTakeFirst();
}
