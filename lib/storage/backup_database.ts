import { join } from "node:path";
import { backup, DatabaseSync } from "node:sqlite";
import { describeFileError } from "../files/describe_file_error.ts";
import { syncDirectory } from "../files/sync_directory.ts";
import { DATABASE_FILE } from "./open_database.ts";

/** All pages in one step: a backup in several begins anew whenever somebody writes in between. */
const ALL_PAGES = -1;

/** What {@linkcode backupDatabase} needs. */
export interface BackupDatabaseOptions {
  /** The folder of the service, which may be running. */
  dataDir: string;
  /** Where the copy goes; made if it does not exist. */
  backupDir: string;
}

/**
 * Copies the SQLite database as it stands at one moment, while others go on reading and writing. The
 * copy gets its name only when it is whole and on the disk.
 *
 * @returns the path of the copy, which has the time in its name
 * @throws {Error} when there is no database, or the copy cannot be written.
 */
export async function backupDatabase(
  { dataDir, backupDir }: BackupDatabaseOptions,
): Promise<string> {
  const source = join(dataDir, DATABASE_FILE);
  const time = new Date().toISOString().replaceAll(":", "-");
  const target = join(backupDir, `lastlayer-${time}.db`);
  const temporaryPath = `${target}.temporary`;
  try {
    await Deno.mkdir(backupDir, { recursive: true });
    await copyPages(source, temporaryPath);
    await syncFile(temporaryPath);
    await Deno.rename(temporaryPath, target);
    await syncDirectory(backupDir);
    return target;
  } catch (error) {
    await Deno.remove(temporaryPath).catch(() => {});
    throw new Error(`Cannot back up ${source} to ${backupDir}: ${describeFileError(error)}`, {
      cause: error,
    });
  }
}

async function copyPages(source: string, target: string): Promise<void> {
  const database = new DatabaseSync(source, { readOnly: true });
  try {
    await backup(database, target, { rate: ALL_PAGES });
  } finally {
    database.close();
  }
}

async function syncFile(path: string): Promise<void> {
  using file = await Deno.open(path, { write: true });
  await file.sync();
}
