/** Entry of `deno task backup`: copies the database of a service that may be running. */
import { backupDatabase } from "./lib/storage/backup_database.ts";

try {
  const dataDir = Deno.env.get("DATA_DIR") || "data";
  const backupDir = Deno.env.get("BACKUP_DIR") || "backups";
  if (Deno.env.get("DATABASE_URL")) {
    throw new Error("Cannot back up the database of DATABASE_URL: use pg_dump");
  }
  // deno-lint-ignore no-console -- the answer of a command
  console.log(await backupDatabase({ dataDir, backupDir }));
} catch (error) {
  // deno-lint-ignore no-console -- whoever started the command reads this
  console.error(error instanceof Error ? error.message : error);
  Deno.exit(1);
}
