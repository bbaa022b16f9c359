import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { join } from "node:path";
import { backupDatabase } from "../../../lib/storage/backup_database.ts";
import { openDatabase } from "../../../lib/storage/open_database.ts";
import { openSqliteDatabase } from "../../../lib/storage/sqlite_database.ts";
import { addTexts, makeDataset, storedTexts } from "./storage_fixtures.ts";

Deno.test("backupDatabase() copies a database that is in use", async () => {
  const dataDir = await Deno.makeTempDir();
  const backupDir = join(dataDir, "deep", "backups");
  {
    await using database = await openDatabase({ dataDir });
    const { id } = await makeDataset(database);
    await addTexts(database, id, [["before", "cats"]]);
    const path = await backupDatabase({ dataDir, backupDir });
    await addTexts(database, id, [["after", "cats"]]);
    assertMatch(path, /lastlayer-\d{4}-\d\d-\d\dT[\d-]+\.\d+Z\.db$/);
    assertEquals([...Deno.readDirSync(backupDir)].map(({ name }) => join(backupDir, name)), [path]);
    await using copy = await openSqliteDatabase(path);
    assertEquals(await storedTexts(copy), ["before"]);
    assertEquals(await storedTexts(database), ["after", "before"]);
  }
  await Deno.remove(dataDir, { recursive: true });
});

Deno.test("backupDatabase() says that there is no database, and leaves nothing", async () => {
  const dataDir = await Deno.makeTempDir();
  await assertRejects(
    () => backupDatabase({ dataDir, backupDir: dataDir }),
    Error,
    `Cannot back up ${join(dataDir, "lastlayer.db")} to ${dataDir}: `,
  );
  assertEquals([...Deno.readDirSync(dataDir)], []);
  await Deno.remove(dataDir, { recursive: true });
});
