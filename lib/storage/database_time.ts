import * as kysely from "kysely";
import type { Engine } from "./migrations.ts";

/**
 * The database's own clock as an expression, in milliseconds since 1970. Leases go by it, so that
 * the clocks of replicas need not agree.
 *
 * @internal
 */
export function databaseTime(engine: Engine): kysely.RawBuilder<number> {
  return engine === "sqlite"
    ? kysely.sql<number>`cast(unixepoch('subsec') * 1000 as integer)`
    : kysely.sql<number>`cast(extract(epoch from clock_timestamp()) * 1000 as bigint)`;
}
