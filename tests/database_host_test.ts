import { assertEquals } from "@std/assert";

const ENTRY = new URL("../database_host.ts", import.meta.url);

async function runEntry(databaseUrl: string): Promise<string> {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--allow-env=DATABASE_URL", ENTRY.href],
    env: { DATABASE_URL: databaseUrl },
  }).output();
  return new TextDecoder().decode(stdout);
}

Deno.test("database_host.ts writes what the service may connect to", async () => {
  assertEquals(await runEntry("postgresql://user:password@db:6432/cats"), "db:6432\n");
  assertEquals(await runEntry("no URL"), "localhost\n");
});
