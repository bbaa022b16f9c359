import { assert, assertEquals, assertThrows } from "@std/assert";
import { Kysely, sql } from "kysely";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { createSqliteDialect } from "../../../lib/storage/sqlite_dialect.ts";

Deno.test("createSqliteDialect() holds the write lock from the beginning of a transaction", async () => {
  const directory = await Deno.makeTempDir();
  const path = join(directory, "test.db");
  const query = new Kysely<unknown>({ dialect: createSqliteDialect(new DatabaseSync(path)) });
  await sql`create table cats (name text)`.execute(query);
  const other = new DatabaseSync(path);
  other.exec("pragma busy_timeout = 0");
  await query.transaction().execute(async (transaction) => {
    await sql`select 1`.execute(transaction);
    assertThrows(() => other.exec("insert into cats values ('b')"), Error, "locked");
  });
  other.exec("insert into cats values ('c')");
  const { rows } = await sql`select name from cats`.execute(query);
  assertEquals(rows.map((row) => ({ ...row as object })), [{ name: "c" }]);
  other.close();
  await query.destroy();
  await Deno.remove(directory, { recursive: true });
});

Deno.test("createSqliteDialect() tells how many rows changed, and gives rows of RETURNING", async () => {
  const query = new Kysely<{ cats: { name: string } }>({
    dialect: createSqliteDialect(new DatabaseSync(":memory:")),
  });
  await sql`create table cats (name text)`.execute(query);
  const returned = await query.insertInto("cats").values([{ name: "a" }, { name: "b" }])
    .returning("name").execute();
  assertEquals(returned.map(({ name }) => name), ["a", "b"]);
  const { numUpdatedRows } = await query.updateTable("cats").set({ name: "c" }).executeTakeFirst();
  assertEquals(numUpdatedRows, 2n);
  await query.destroy();
});

Deno.test("createSqliteDialect() does not hold on to what was written", async () => {
  const query = new Kysely<{ blobs: { bytes: Uint8Array } }>({
    dialect: createSqliteDialect(new DatabaseSync(":memory:")),
  });
  await sql`create table blobs (bytes blob)`.execute(query);
  const bytes = new Uint8Array(1024 * 1024);
  async function writeAndDelete(times: number): Promise<void> {
    for (let time = 0; time < times; time++) {
      await query.insertInto("blobs").values({ bytes }).execute();
      await query.deleteFrom("blobs").execute();
    }
  }
  await writeAndDelete(20);
  const before = Deno.memoryUsage().rss;
  await writeAndDelete(200);
  const growth = Deno.memoryUsage().rss - before;
  // With a statement for each query it is 200 MB.
  assert(growth < 50 * 1024 * 1024, `It grew by ${growth} bytes`);
  await query.destroy();
});
