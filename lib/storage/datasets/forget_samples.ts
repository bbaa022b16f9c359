import { removeUnusedBlobs } from "../blobs.ts";
import type { Database } from "../database.ts";
import { type CountedSample, removeFromClasses } from "./class_counts.ts";

/**
 * Follows up on samples whose rows were deleted: they no longer count, their bytes go where nothing
 * else refers to them, and whoever watches the dataset is told. The transaction holds `blobs` and the
 * dataset.
 */
export async function forgetSamples(
  transaction: Database,
  datasetId: string,
  deleted: readonly (CountedSample & { sha256: string })[],
): Promise<void> {
  if (deleted.length === 0) return;
  await removeFromClasses(transaction, datasetId, deleted);
  await removeUnusedBlobs(transaction, deleted.map(({ sha256 }) => sha256));
  await transaction.announce({ topic: "dataset", id: datasetId });
}
