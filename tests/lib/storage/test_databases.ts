/** Runs the same tests on every engine that this machine has. */
import type { OpenDatabase } from "../../../lib/storage/database.ts";
import { openDatabase, type OpenDatabaseOptions } from "../../../lib/storage/open_database.ts";
import { POSTGRES_BINARIES, type PostgresCluster, startPostgres } from "./postgres_cluster.ts";

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
type TestWithDatabase = (database: OpenDatabase, place: TestPlace) => Promise<void>;

let cluster: Promise<PostgresCluster> | undefined;

Deno.test.afterAll(async () => {
  await (await cluster)?.stop();
});

/** Runs a test once for each engine, with an empty place; says so where an engine is missing. */
export function testOnEachEngine(name: string, test: TestWithPlace): void {
  Deno.test(`${name} (SQLite)`, async () => {
    const dataDir = await Deno.makeTempDir({ prefix: "lastlayer-" });
    await test({ dataDir, open: () => openDatabase({ dataDir }) });
    await Deno.remove(dataDir, { recursive: true });
  });
  testOnPostgres(name, test);
}

/** Runs a test on PostgreSQL alone. */
export function testOnPostgres(name: string, test: (place: PostgresPlace) => Promise<void>): void {
  const why = POSTGRES_BINARIES ? "PostgreSQL" : "PostgreSQL, skipped: it is not installed";
  Deno.test({
    name: `${name} (${why})`,
    ignore: !POSTGRES_BINARIES,
    async fn() {
      const server = await (cluster ??= startPostgres());
      const dataDir = await Deno.makeTempDir({ prefix: "lastlayer-" });
      const databaseUrl = await server.createDatabase();
      const options = { dataDir, databaseUrl };
      await test({ ...options, cluster: server, open: () => openDatabase(options) });
      await Deno.remove(dataDir, { recursive: true });
    },
  });
}

/** Like {@linkcode testOnEachEngine}, with the database open. */
export function testWithDatabase(name: string, test: TestWithDatabase): void {
  testOnEachEngine(name, async (place) => {
    await using database = await place.open();
    await test(database, place);
  });
}
