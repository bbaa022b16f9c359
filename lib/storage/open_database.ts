import { join } from "node:path";
import type { OpenDatabase } from "./database.ts";
import { openSqliteDatabase } from "./sqlite_database.ts";

/** Name of the database file in the data directory. */
export const DATABASE_FILE = "lastlayer.db";

/** Where the data lies. */
export interface OpenDatabaseOptions {
  /** Folder of the SQLite file; it must exist. */
  dataDir: string;
  /** A PostgreSQL URL, which replaces the file; empty or unset: the file. */
  databaseUrl?: string | undefined;
}

/**
 * Opens the service's database: SQLite in the data directory, or PostgreSQL when a URL is given. The
 * schema is brought up to date.
 *
 * @throws {Error} when it cannot be opened.
 */
export async function openDatabase(
  { dataDir, databaseUrl }: OpenDatabaseOptions,
): Promise<OpenDatabase> {
  if (!databaseUrl) return await openSqliteDatabase(join(dataDir, DATABASE_FILE));
  // The driver takes time to load and reads the environment, so only who needs it loads it.
  const { openPostgresDatabase } = await import("./postgres_database.ts");
  return await openPostgresDatabase(databaseUrl);
}
