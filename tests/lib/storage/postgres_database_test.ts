import { assertEquals, assertRejects } from "@std/assert";
import { sql } from "kysely";
import type { Change } from "../../../lib/storage/changes.ts";
import type { Database } from "../../../lib/storage/database.ts";
import { inTransaction } from "../../../lib/storage/in_transaction.ts";
import { lockSubject } from "../../../lib/storage/lock_subject.ts";
import { openDatabase } from "../../../lib/storage/open_database.ts";
import { findStorageFault } from "../../../lib/storage/storage_fault.ts";
import { openBrokenProxy } from "./broken_proxy.ts";
import { testOnPostgres } from "./test_databases.ts";

testOnPostgres("openPostgresDatabase() lets replicas make the schema together", async (place) => {
  const replicas = await Promise.all([place.open(), place.open(), place.open()]);
  for (const replica of replicas) await replica[Symbol.asyncDispose]();
});

testOnPostgres(
  "openPostgresDatabase() commits to the disk whatever the server's default",
  async (place) => {
    if (!place.cluster || !place.databaseUrl) return;
    await place.cluster.run("alter role tester set synchronous_commit = off", place.databaseUrl);
    await using database = await place.open();
    const { rows } = await sql<{ synchronousCommit: string }>`show synchronous_commit`
      .execute(database.query);
    assertEquals(rows[0]?.synchronousCommit, "on");
  },
);

testOnPostgres(
  "openPostgresDatabase() does not let a replica that hangs in a transaction hold its locks",
  async (place) => {
    await using hanging = await place.open();
    await using other = await place.open();
    const idleMs = await readIdleMs(hanging);
    assertEquals(idleMs, 15_000);
    const held = Promise.withResolvers<void>();
    const resumed = Promise.withResolvers<void>();
    const fault = assertRejects(() =>
      inTransaction(hanging, async (transaction) => {
        // A part of the time, so that nobody waits for it.
        const shorter = sql.lit(idleMs / 60);
        await sql`set idle_in_transaction_session_timeout = ${shorter}`.execute(transaction.query);
        await lockSubject(transaction, "blobs");
        held.resolve();
        await resumed.promise;
        await lockSubject(transaction, "models");
      })
    );
    await held.promise;
    await inTransaction(other, (transaction) => lockSubject(transaction, "blobs"));
    resumed.resolve();
    assertEquals(findStorageFault(await fault)?.code, "storage_unavailable");
  },
);

async function readIdleMs({ query }: Database): Promise<number> {
  const { rows } = await sql<{ setting: string }>`
    select setting from pg_settings where name = 'idle_in_transaction_session_timeout'
  `.execute(query);
  return Number(rows[0]?.setting);
}

testOnPostgres("openPostgresDatabase() tells other replicas of changes", async (place) => {
  await using here = await place.open();
  await using there = await place.open();
  const seen = Promise.withResolvers<Change>();
  using _watch = there.watchChanges(seen.resolve);
  await here.announce({ topic: "model", id: "pets" });
  assertEquals(await seen.promise, { topic: "model", id: "pets" });
});

testOnPostgres("openPostgresDatabase() outlives connections that break off", async (place) => {
  await using proxy = await openBrokenProxy(place.databaseUrl);
  await using database = await openDatabase({ dataDir: "", databaseUrl: proxy.url });
  const queries = [
    sql`select pg_sleep(60)`.execute(database.query),
    // Its rollback fails too, and says only that the connection is of no use.
    inTransaction(database, ({ query }) => sql`select pg_sleep(60)`.execute(query)),
  ];
  const faults = Promise.all(queries.map((query) => assertRejects(() => query)));
  await new Promise((resolve) => setTimeout(resolve, 200));
  proxy.reset();
  for (const fault of await faults) {
    assertEquals(findStorageFault(fault)?.code, "storage_unavailable");
  }
  const { rows } = await sql<{ found: number }>`select 1 as found`.execute(database.query);
  assertEquals(rows.map(({ found }) => found), [1]);
});
