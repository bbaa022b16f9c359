import { CamelCasePlugin, CompiledQuery, Kysely, PostgresDialect, sql } from "kysely";
// @ts-types="./postgres_driver.d.ts"
import pg, { type ClientConfig } from "pg";
import { getLogger } from "@logtape/logtape";
import { ChangeEmitter } from "./changes.ts";
import type { Database, OpenDatabase } from "./database.ts";
import { migrateSchema } from "./migrate_schema.ts";
import { listenForChanges, NOTIFY_CHANNEL } from "./postgres_listener.ts";
import { readPostgresValue } from "./postgres_values.ts";
import type { Schema } from "./schema.ts";

const logger = getLogger(["lastlayer", "storage"]);

const CONNECTIONS_MAX = 8;
const CONNECT_TIMEOUT_MS = 10_000;
const STATEMENT_TIMEOUT_MS = 30_000;
/**
 * A replica whose machine is gone, or that hangs, says nothing to the server, which would hold the
 * locks of its transaction until the system's keepalive ends the connection: hours without a write.
 * Between two statements of a transaction we wait for nothing.
 */
const IDLE_IN_TRANSACTION_MS = 15_000;

/**
 * Opens a PostgreSQL database and brings its schema up to date. Any number of replicas may share it.
 *
 * @param url `postgresql://user:password@host:port/database`
 * @throws {Error} when the server cannot be reached or refuses; the message holds no password.
 */
export async function openPostgresDatabase(url: string): Promise<OpenDatabase> {
  const options: ClientConfig = {
    connectionString: url,
    application_name: "lastlayer",
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
    types: { getTypeParser: readPostgresValue },
  };
  const pool = new pg.Pool({
    ...options,
    max: CONNECTIONS_MAX,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS,
  });
  // An error that nobody listens to ends this process. The pool listens to idle connections alone,
  // and passes their errors on; it connects again in either case.
  pool.on("connect", (client) => {
    client.on("error", (error) => logger.warning("Lost a database connection: {error}", { error }));
  });
  pool.on("error", () => {});
  const query = new Kysely<Schema>({
    dialect: new PostgresDialect({
      pool,
      // Whatever the server's default: an acknowledged write is on its disk.
      onCreateConnection: async (connection) => {
        await connection.executeQuery(CompiledQuery.raw("set synchronous_commit = on"));
      },
    }),
    plugins: [new CamelCasePlugin()],
  });
  const emitter = new ChangeEmitter();
  let listener: AsyncDisposable;
  try {
    await migrateSchema(query, { engine: "postgresql" });
    listener = await listenForChanges(() => new pg.Client(options), emitter);
  } catch (error) {
    await query.destroy();
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`Cannot open the database of DATABASE_URL: ${reason}`, { cause: error });
  }
  return {
    ...bindQuery(query),
    transact: (work) => query.transaction().execute((transaction) => work(bindQuery(transaction))),
    watchChanges: (added) => emitter.add(added),
    async [Symbol.asyncDispose]() {
      await listener[Symbol.asyncDispose]();
      await query.destroy();
    },
  };
}

/** The server itself holds back what a transaction announces until it is committed. */
function bindQuery(query: Kysely<Schema>): Database {
  return {
    engine: "postgresql",
    query,
    async announce(change) {
      await sql`select pg_notify(${NOTIFY_CHANNEL}, ${JSON.stringify(change)})`.execute(query);
    },
  };
}
