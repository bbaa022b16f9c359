import { assertEquals, assertRejects } from "@std/assert";
import { sql } from "kysely";
import { join } from "node:path";
import { openSqliteDatabase } from "../../../lib/storage/sqlite_database.ts";

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
