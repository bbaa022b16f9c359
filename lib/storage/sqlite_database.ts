import { CamelCasePlugin, Kysely } from "kysely";
import { DatabaseSync } from "node:sqlite";
import { type Change, ChangeEmitter } from "./changes.ts";
import type { Database, OpenDatabase } from "./database.ts";
import { migrateSchema } from "./migrate_schema.ts";
import type { Schema } from "./schema.ts";
import { createSqliteDialect } from "./sqlite_dialect.ts";

/**
 * WAL lets a backup read while the service writes; FULL forces every commit to the disk before it is
 * acknowledged, so that it survives a killed process and a power cut.
 */
const PRAGMAS = `
  pragma journal_mode = wal;
  pragma synchronous = full;
  pragma foreign_keys = on;
  pragma busy_timeout = 5000;
`;

/**
 * Opens the database in one file, makes the file when there is none, and brings its schema up to
 * date. `node:sqlite` works in the calling thread, one statement at a time: keep statements short.
 *
 * @throws {Error} when the file cannot be opened or holds something else.
 */
export async function openSqliteDatabase(path: string): Promise<OpenDatabase> {
  const query = new Kysely<Schema>({
    dialect: createSqliteDialect(openFile(path)),
    plugins: [new CamelCasePlugin()],
  });
  try {
    await migrateSchema(query, { engine: "sqlite" });
  } catch (error) {
    await query.destroy();
    throw error;
  }
  const emitter = new ChangeEmitter();
  return {
    engine: "sqlite",
    query,
    announce(change) {
      emitter.emit(change);
      return Promise.resolve();
    },
    async transact(work) {
      const changes: Change[] = [];
      const result = await query.transaction().execute((transaction) =>
        work(bindTransaction(transaction, changes))
      );
      changes.forEach((change) => emitter.emit(change));
      return result;
    },
    watchChanges: (listener) => emitter.add(listener),
    [Symbol.asyncDispose]: () => query.destroy(),
  };
}

/** Keeps what a transaction announces until it is committed. */
function bindTransaction(query: Kysely<Schema>, changes: Change[]): Database {
  return {
    engine: "sqlite",
    query,
    announce(change) {
      changes.push(change);
      return Promise.resolve();
    },
  };
}

function openFile(path: string): DatabaseSync {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(path);
    database.exec(PRAGMAS);
    return database;
  } catch (error) {
    database?.close();
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`Cannot open the database ${path}: ${reason}`, { cause: error });
  }
}
