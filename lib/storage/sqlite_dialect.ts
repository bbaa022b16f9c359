import * as kysely from "kysely";
import type { DatabaseSync, StatementSync } from "node:sqlite";

/**
 * Kysely's SQLite dialect over Deno's own `node:sqlite`.
 *
 * @param database is closed with the dialect
 * @internal
 */
export function createSqliteDialect(database: DatabaseSync): kysely.Dialect {
  return new NodeSqliteDialect({
    database: () =>
      Promise.resolve({
        close: () => database.close(),
        prepare: (text: string) => adaptStatement(database.prepare(toImmediate(text))),
      }),
  });
}

class NodeSqliteDialect extends kysely.SqliteDialect {
  override createAdapter(): kysely.SqliteAdapter {
    return new NodeSqliteAdapter();
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
