import { assertEquals } from "@std/assert";
import { sql } from "kysely";
import type { Change } from "../../../lib/storage/changes.ts";
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

testOnPostgres("openPostgresDatabase() tells other replicas of changes", async (place) => {
  await using here = await place.open();
  await using there = await place.open();
  const seen = Promise.withResolvers<Change>();
  using _watch = there.watchChanges(seen.resolve);
  await here.announce({ topic: "model", id: "pets" });
  assertEquals(await seen.promise, { topic: "model", id: "pets" });
});
