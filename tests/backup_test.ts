import { assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { openDatabase } from "../lib/storage/open_database.ts";
import { openSqliteDatabase } from "../lib/storage/sqlite_database.ts";

const ROOT = new URL("../", import.meta.url);

async function runBackup(env: Record<string, string>): Promise<{ code: number; output: string }> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["task", "--quiet", "backup"],
    cwd: ROOT,
    env: { NO_COLOR: "1", ...env },
  }).output();
  const decoder = new TextDecoder();
  return { code, output: decoder.decode(stdout) + decoder.decode(stderr) };
}

Deno.test("deno task backup writes a copy that opens, with no more permissions than it needs", async () => {
  const dataDir = await Deno.makeTempDir();
  const backupDir = await Deno.makeTempDir();
  {
    await using _database = await openDatabase({ dataDir });
    const { code, output } = await runBackup({ DATA_DIR: dataDir, BACKUP_DIR: backupDir });
    assertEquals(code, 0, output);
    assertEquals(output.startsWith(join(backupDir, "lastlayer-")), true);
    await using copy = await openSqliteDatabase(output.trim());
    assertEquals(await copy.query.selectFrom("datasets").selectAll().execute(), []);
  }
  await Deno.remove(dataDir, { recursive: true });
  await Deno.remove(backupDir, { recursive: true });
});

Deno.test("deno task backup says what to use for PostgreSQL", async () => {
  const { code, output } = await runBackup({ DATABASE_URL: "postgresql://db/x" });
  assertEquals(code, 1);
  assertStringIncludes(output, "use pg_dump");
});
