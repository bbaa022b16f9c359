import { sql } from "kysely";
import type { Database } from "./database.ts";

/** Keeps our locks apart from those of other programs in the same database. */
const LOCK_CLASS = 0x1a57;

/** What a transaction can hold for itself. */
export type LockSubject = "blobs" | "datasets" | "jobs" | "models";

const SUBJECTS: Record<LockSubject, number> = { blobs: 1, datasets: 2, jobs: 3, models: 4 };

/**
 * Holds a subject until the transaction ends: `exclusive` alone, `shared` together with others that
 * share it. SQLite has one writer at a time anyway. To avoid deadlocks, a transaction takes its
 * subjects before anything else, in the order `blobs`, `datasets`, `jobs`, `models`.
 */
export async function lockSubject(
  transaction: Database,
  subject: LockSubject,
  mode: "exclusive" | "shared" = "exclusive",
): Promise<void> {
  if (transaction.engine === "sqlite") return;
  const lock = mode === "shared" ? "pg_advisory_xact_lock_shared" : "pg_advisory_xact_lock";
  await sql`select ${sql.raw(lock)}(${sql.lit(LOCK_CLASS)}, ${sql.lit(SUBJECTS[subject])})`
    .execute(transaction.query);
}
