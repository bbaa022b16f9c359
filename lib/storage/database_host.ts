const PORT = 5432;

/**
 * The host and port of a PostgreSQL URL, as Deno's `--allow-net` takes them.
 *
 * @returns `undefined` when it is no such URL.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { readDatabaseHost } from "./database_host.ts";
 *
 * assertEquals(readDatabaseHost("postgresql://user:password@db/cats"), "db:5432");
 * ```
 */
export function readDatabaseHost(databaseUrl: string): string | undefined {
  const url = URL.parse(databaseUrl);
  if (url?.protocol !== "postgresql:" && url?.protocol !== "postgres:") return undefined;
  if (!/^[\w.-]+$|^\[[\da-f:.]+\]$/i.test(url.hostname)) return undefined;
  return `${url.hostname}:${url.port || PORT}`;
}
