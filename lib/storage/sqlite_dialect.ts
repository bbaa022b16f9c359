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
  return new NodeSqliteDialect({
    database: () => Promise.resolve({ close: () => database.close(), prepare }),
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
