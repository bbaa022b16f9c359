import { assertEquals, assertRejects } from "@std/assert";
import { sql } from "kysely";
import { join } from "node:path";
import { openSqliteDatabase } from "../../../lib/storage/sqlite_database.ts";
import { findStorageFault } from "../../../lib/storage/storage_fault.ts";
import { addTexts, makeDataset, storedTexts } from "./storage_fixtures.ts";

Deno.test("openSqliteDatabase() waits for the disk, logs ahead and holds foreign keys", async () => {
  const directory = await Deno.makeTempDir();
  {
    await using database = await openSqliteDatabase(join(directory, "test.db"));
    const read = async (name: string) => {
      const { rows } = await sql<Record<string, unknown>>`pragma ${sql.raw(name)}`
        .execute(database.query);
      return Object.values(rows[0] ?? {})[0];
    };
    assertEquals(await read("journal_mode"), "wal");
    assertEquals(await read("synchronous"), 2);
    assertEquals(await read("foreign_keys"), 1);
    assertEquals(await read("busy_timeout"), 5000);
  }
  await Deno.remove(directory, { recursive: true });
});

Deno.test("openSqliteDatabase() says why a file cannot be opened", async () => {
  await assertRejects(
    () => openSqliteDatabase("/nowhere/test.db"),
    Error,
    "Cannot open the database /nowhere/test.db: ",
  );
});

Deno.test("openSqliteDatabase() says so when the disk is full, and goes on", async () => {
  await using database = await openSqliteDatabase(":memory:");
  const { id } = await makeDataset(database);
  await addTexts(database, id, [["kept", "cats"]]);
  const { rows } = await sql<{ pageCount: number }>`pragma page_count`.execute(database.query);
  await sql`pragma max_page_count = ${sql.lit(rows[0]?.pageCount)}`.execute(database.query);
  const large = "a".repeat(9_000);
  const error = await assertRejects(() => addTexts(database, id, [[large, "cats"]]));
  assertEquals(findStorageFault(error)?.code, "storage_full");
  await sql`pragma max_page_count = 1000`.execute(database.query);
  await addTexts(database, id, [[large, "cats"]]);
  assertEquals(await storedTexts(database), [large, "kept"]);
});
