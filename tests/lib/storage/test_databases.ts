/** Runs the same tests on every engine that this machine has. */
import { sql } from "kysely";
import type { OpenDatabase } from "../../../lib/storage/database.ts";
import { openDatabase, type OpenDatabaseOptions } from "../../../lib/storage/open_database.ts";
import { findPostgres, POSTGRES_BINARIES, type PostgresCluster } from "./postgres_cluster.ts";

/** A place of its own for one test. */
export interface TestPlace extends OpenDatabaseOptions {
  dataDir: string;
  /** Opens the database of this place; every call is one more replica. */
  open(): Promise<OpenDatabase>;
}

/** A place in a database of a server. */
export interface PostgresPlace extends TestPlace {
  databaseUrl: string;
  cluster: PostgresCluster;
}

type TestWithPlace = (place: TestPlace) => Promise<void>;
const POSTGRES = POSTGRES_BINARIES ? "PostgreSQL" : "PostgreSQL, skipped: it is not installed";

let shared: Promise<OpenDatabase> | undefined;

Deno.test.afterAll(async () => {
  await (await shared)?.[Symbol.asyncDispose]();
});

/** Runs a test once for each engine, with an empty place; says so where an engine is missing. */
export function testOnEachEngine(name: string, test: TestWithPlace): void {
  testOnSqlite(name, test);
  testOnPostgres(name, test);
}

function testOnSqlite(name: string, test: TestWithPlace): void {
  Deno.test(`${name} (SQLite)`, async () => {
    const dataDir = await Deno.makeTempDir({ prefix: "lastlayer-" });
    await test({ dataDir, open: () => openDatabase({ dataDir }) });
    await Deno.remove(dataDir, { recursive: true });
  });
}

/** Runs a test on PostgreSQL alone. */
export function testOnPostgres(name: string, test: (place: PostgresPlace) => Promise<void>): void {
  Deno.test({
    name: `${name} (${POSTGRES})`,
    ignore: !POSTGRES_BINARIES,
    async fn() {
      const server = await findPostgres();
      const dataDir = await Deno.makeTempDir({ prefix: "lastlayer-" });
      const databaseUrl = await server.createDatabase();
      const options = { dataDir, databaseUrl };
      await test({ ...options, cluster: server, open: () => openDatabase(options) });
      await Deno.remove(dataDir, { recursive: true });
    },
  });
}

/**
 * Runs a test once for each engine, with an empty database that is open. The tests of a file share
 * one connection to PostgreSQL, as opening it takes longer than most of them.
 */
export function testWithDatabase(
  name: string,
  test: (database: OpenDatabase) => Promise<void>,
): void {
  testOnSqlite(name, async (place) => {
    await using database = await place.open();
    await test(database);
  });
  Deno.test({
    name: `${name} (${POSTGRES})`,
    ignore: !POSTGRES_BINARIES,
    // The shared connection outlives the test that opens it.
    sanitizeOps: false,
    sanitizeResources: false,
    async fn() {
      const database = await (shared ??= openShared());
      await sql`truncate blobs, datasets, jobs, models restart identity cascade`
        .execute(database.query);
      await test(database);
    },
  });
}

async function openShared(): Promise<OpenDatabase> {
  const { createDatabase } = await findPostgres();
  return await openDatabase({ dataDir: "", databaseUrl: await createDatabase() });
}
