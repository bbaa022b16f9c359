import { getLogger } from "@logtape/logtape";
import type { Database } from "../storage/database.ts";
import { dropUpload, type UploadAddress } from "../storage/datasets/uploads.ts";
import { findStorageFault } from "../storage/storage_fault.ts";

const logger = getLogger(["lastlayer", "datasets"]);

/** The first wait; each next one is twice as long, up to a minute: five minutes together. */
const WAIT_MS = 250;
const WAIT_MS_MAX = 60_000;
const RETRIES_MAX = 12;

/** Undoes what else came with an upload. */
export type WhenDropped = (database: Database) => Promise<void>;

/**
 * Removes the samples of an upload that broke off. What breaks an upload off is often the database
 * itself: while that is away or full, the removal is tried again in the background, so that the
 * upload's end does not wait for it. What is left after that is for `sweepDatasets()`.
 *
 * Never throws, as why the upload broke off is what its caller has to say.
 *
 * @param whenDropped what else is to be undone once the samples are gone; tried again with them
 */
export async function abandonUpload(
  database: Database,
  upload: UploadAddress,
  whenDropped: WhenDropped = () => Promise.resolve(),
): Promise<void> {
  if (!await tryToDrop(database, upload, whenDropped)) void retry(database, upload, whenDropped);
}

async function retry(
  database: Database,
  upload: UploadAddress,
  whenDropped: WhenDropped,
): Promise<void> {
  for (let retries = 0; retries < RETRIES_MAX; retries++) {
    const waitMs = Math.min(WAIT_MS * 2 ** retries, WAIT_MS_MAX);
    await new Promise((resolve) => setTimeout(resolve, waitMs));
    if (await tryToDrop(database, upload, whenDropped)) return;
  }
}

/** Whether there is nothing left to try: it is removed, or the fault is none that passes. */
async function tryToDrop(
  database: Database,
  upload: UploadAddress,
  whenDropped: WhenDropped,
): Promise<boolean> {
  try {
    await dropUpload(database, upload);
    await whenDropped(database);
    return true;
  } catch (error) {
    logger.warning("Cannot remove upload {uploadId}: {error}", { ...upload, error });
    return findStorageFault(error) === undefined;
  }
}
