/**
 * Entry of the `start` task: writes the host and port of DATABASE_URL, to which alone the service may
 * then connect. An URL that cannot be read gives nothing; the service itself says what is wrong.
 */
import { readDatabaseHost } from "./lib/storage/database_host.ts";

// deno-lint-ignore no-console -- the answer of a command
console.log(readDatabaseHost(Deno.env.get("DATABASE_URL") ?? "") ?? "localhost");
