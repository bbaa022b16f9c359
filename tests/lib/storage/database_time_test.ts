import { assert, assertEquals } from "@std/assert";
import { sql } from "kysely";
import { databaseTime } from "../../../lib/storage/database_time.ts";
import { testWithDatabase } from "./test_databases.ts";

testWithDatabase("databaseTime() is the time in whole milliseconds", async ({ query, engine }) => {
  const before = Date.now();
  const { rows } = await sql<{ time: number }>`select ${databaseTime(engine)} as time`
    .execute(query);
  const time = rows[0]?.time ?? NaN;
  assertEquals(time, Math.round(time));
  assert(time >= before - 1 && time <= Date.now() + 1, `${before} ${time} ${Date.now()}`);
});
