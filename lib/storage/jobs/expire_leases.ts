import type { Database } from "../database.ts";
import { databaseTime } from "../database_time.ts";

/**
 * Ends all leases, so that jobs whose process was killed are taken up at once instead of when their
 * leases run out. Only for a process that knows itself to be the only one, before it takes up a job.
 */
export async function expireLeases(database: Database): Promise<void> {
  await database.query.updateTable("jobs")
    .set({ leaseExpiresAt: databaseTime(database.engine) })
    .where("leaseToken", "is not", null).execute();
}
