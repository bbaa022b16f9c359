import { ServiceError } from "../service_error.ts";

/** A text that PostgreSQL cannot hold: what is not Unicode never gets here, which leaves U+0000. */
const POSTGRES_UNTRANSLATABLE = "22021";
const RETRY_SECONDS = 5;

/** SQLite's result codes: https://sqlite.org/rescode.html. */
const SQLITE_BUSY = 5;
const SQLITE_FULL = 13;
/** PostgreSQL's: https://www.postgresql.org/docs/current/errcodes-appendix.html. */
const POSTGRES_DISK_FULL = "53100";
/**
 * Connection exceptions, operator intervention (with statements that take too long), insufficient
 * resources, failed serializations, deadlocks, locks that are not to be had, transactions that were
 * idle for too long, and a server that has become a standby.
 */
const POSTGRES_UNAVAILABLE = /^(08|57|53|40001|40P01|55P03|25P03|25006)/;
const CONNECTION_CODES = ["ECONNREFUSED", "ECONNRESET", "EPIPE", "ETIMEDOUT", "ENOTFOUND"];
/** What the driver says without a code. */
const CONNECTION_MESSAGES =
  /^(connection terminated|timeout exceeded when trying to connect|client .+ is not queryable$)/i;
const DISK_FULL_CODES = ["ENOSPC", "EDQUOT"];

/**
 * Tells the faults of a store that pass, or that an operator or the client ends, from those of the
 * program.
 *
 * @returns `storage_full`, `storage_unavailable` or `invalid_value`, with the error as its cause; `undefined` for any
 * other error
 */
export function findStorageFault(error: unknown): ServiceError | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code, errcode } = error as Error & { code?: unknown; errcode?: unknown };
  const name = typeof code === "string" ? code : "";
  if (
    errcode === SQLITE_FULL || name === POSTGRES_DISK_FULL || DISK_FULL_CODES.includes(name)
  ) {
    return new ServiceError(
      "storage_full",
      "Cannot store anything more as the disk is full; nothing of this request was kept",
      { cause: error },
    );
  }
  if (
    errcode === SQLITE_BUSY || POSTGRES_UNAVAILABLE.test(name) ||
    CONNECTION_CODES.includes(name) || CONNECTION_MESSAGES.test(error.message)
  ) {
    return new ServiceError("storage_unavailable", "The database cannot be reached at the moment", {
      cause: error,
      retryAfterSeconds: RETRY_SECONDS,
    });
  }
  if (name === POSTGRES_UNTRANSLATABLE) {
    return new ServiceError("invalid_value", "A text must not hold the character U+0000", {
      cause: error,
    });
  }
  return undefined;
}
