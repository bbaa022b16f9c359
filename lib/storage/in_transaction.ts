import type { Database, OpenDatabase } from "./database.ts";

/**
 * Runs work in one transaction: all of it is stored, or nothing when it throws. Inside a transaction
 * the work becomes a part of that one, so that functions which need a transaction can be combined.
 *
 * @param work gets the transaction and must send its queries there
 */
export function inTransaction<Result>(
  database: Database | OpenDatabase,
  work: (transaction: Database) => Promise<Result>,
): Promise<Result> {
  if (database.query.isTransaction) return work(database);
  if (!("transact" in database)) {
    throw new TypeError("Cannot start a transaction as the database must be open or in one");
  }
  return database.transact(work);
}
