import * as kysely from "kysely";
import type { DatabaseSync, StatementSync } from "node:sqlite";

/**
 * A statement holds the values it last ran with until it is collected, which the collector does not
 * hurry to do as it does not see them: with a new one for each query, memory grew by all that was
 * ever written. Kept ones take the next values in their place.
 */
const STATEMENTS_MAX = 100;

/**
 * Kysely's SQLite dialect over Deno's own `node:sqlite`.
 *
 * @param database is closed with the dialect
 * @internal
 */
export function createSqliteDialect(database: DatabaseSync): kysely.Dialect {
  const statements = new Map<string, kysely.SqliteStatement>();
  function prepare(text: string): kysely.SqliteStatement {
    const statement = statements.get(text) ??
      adaptStatement(database.prepare(toImmediate(text)));
    // The map keeps the order of insertion: the first is the one not used for longest.
    statements.delete(text);
    statements.set(text, statement);
    const [oldest] = statements.keys();
    if (statements.size > STATEMENTS_MAX && oldest !== undefined) statements.delete(oldest);
    return statement;
  }
  return new NodeSqliteDialect(database, prepare);
}

class NodeSqliteDialect extends kysely.SqliteDialect {
  readonly #database: DatabaseSync;
  readonly #config: kysely.SqliteDialectConfig;

  constructor(database: DatabaseSync, prepare: kysely.SqliteDatabase["prepare"]) {
    const config = { database: { close: () => database.close(), prepare } };
    super(config);
    this.#database = database;
    this.#config = config;
  }

  override createAdapter(): kysely.SqliteAdapter {
    return new NodeSqliteAdapter();
  }

  override createDriver(): kysely.Driver {
    return new NodeSqliteDriver(this.#database, this.#config);
  }
}

/**
 * A full disk or a fault of the disk ends a transaction by itself. Rolling it back then fails, and
 * that failure would hide the reason.
 */
class NodeSqliteDriver extends kysely.SqliteDriver {
  readonly #database: DatabaseSync;

  constructor(database: DatabaseSync, config: kysely.SqliteDialectConfig) {
    super(config);
    this.#database = database;
  }

  override async rollbackTransaction(connection: kysely.DatabaseConnection): Promise<void> {
    if (this.#database.isTransaction) await super.rollbackTransaction(connection);
  }
}

/** SQLite rolls back `create table` too, which kysely does not count on by itself. */
class NodeSqliteAdapter extends kysely.SqliteAdapter {
  override get supportsTransactionalDdl(): boolean {
    return true;
  }
}

/**
 * A transaction takes the write lock when it begins. One that starts by reading and writes later
 * fails at once when another process has written in between, however long it would wait.
 */
function toImmediate(text: string): string {
  return text === "begin" ? "begin immediate" : text;
}

type Values = Parameters<StatementSync["all"]>;

function adaptStatement(statement: StatementSync): kysely.SqliteStatement {
  return {
    reader: statement.columns().length > 0,
    all: (values) => statement.all(...values as Values),
    run: (values) => statement.run(...values as Values),
    iterate: (values) => statement.iterate(...values as Values),
  };
}
