import { getLogger } from "@logtape/logtape";
import type { Database } from "../database.ts";
import { finishDeletions } from "./delete_dataset.ts";
import { dropBrokenUploads } from "./uploads.ts";

const logger = getLogger(["lastlayer", "storage"]);

/**
 * Removes what is left of uploads of a process that was killed. Only for a process that knows itself
 * to be the only one, before it takes in any. What cannot be removed, as on a full disk, keeps no
 * service from starting: it is left to the sweep.
 */
export async function clearUploads(database: Database): Promise<void> {
  try {
    await dropBrokenUploads(database);
  } catch (error) {
    logger.warning("Cannot remove what is left of uploads: {error}", { error });
  }
}

/** Settings of {@linkcode sweepDatasets}. */
export interface SweepDatasetsOptions {
  /** No upload of any replica takes longer. */
  uploadTimeoutMs: number;
  /** Between the end of a sweep and the next one. Default: a minute. */
  pauseMs?: number;
}

/**
 * Removes from time to time, and now for the first time, what is left of uploads and of deletions
 * whose replica was killed or could not reach the database. Any number of replicas may do so at once.
 * An upload counts as broken after twice the time that it may take, by the clock of the database.
 *
 * @returns ends it
 */
export function sweepDatasets(
  database: Database,
  { uploadTimeoutMs, pauseMs = 60_000 }: SweepDatasetsOptions,
): Disposable {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isOver = false;
  async function sweep(): Promise<void> {
    try {
      await finishDeletions(database);
      await dropBrokenUploads(database, { olderThanMs: 2 * uploadTimeoutMs });
    } catch (error) {
      logger.warning("Cannot remove what is left of datasets and uploads: {error}", { error });
    }
    if (!isOver) timer = setTimeout(sweep, pauseMs);
  }
  void sweep();
  return {
    [Symbol.dispose]() {
      isOver = true;
      clearTimeout(timer);
    },
  };
}
