import type * as kysely from "kysely";
import type { Change, ChangeListener } from "./changes.ts";
import type { Engine } from "./migrations.ts";
import type { Schema } from "./schema.ts";

/** A connection, or a transaction on one: what every function of `lib/storage/` works on. */
export interface Database {
  /** Which engine it is, where the two want different words. */
  readonly engine: Engine;
  /**
   * Builds and runs queries; for `lib/storage/` alone.
   *
   * @internal
   */
  readonly query: kysely.Kysely<Schema>;
  /** Tells the listeners of all replicas, once the transaction is committed. */
  announce(change: Change): Promise<void>;
}

/** A database that is open: whoever opened it closes it. */
export interface OpenDatabase extends Database, AsyncDisposable {
  /**
   * Runs work in one transaction: all of it is stored, or nothing when it throws. Callers use
   * `inTransaction`, which joins a transaction that runs already.
   */
  transact<Result>(work: (transaction: Database) => Promise<Result>): Promise<Result>;
  /** Adds a listener to the changes of all replicas, until the result is disposed of. */
  watchChanges(listener: ChangeListener): Disposable;
}
