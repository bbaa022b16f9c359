import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { sql } from "kysely";
import { DatabaseSync } from "node:sqlite";
import { findStorageFault } from "../../../lib/storage/storage_fault.ts";
import { testOnPostgres } from "./test_databases.ts";

Deno.test("findStorageFault() knows a SQLite database on a full disk", () => {
  using database = new DatabaseSync(":memory:");
  database.exec("pragma max_page_count = 3; create table kept (bytes blob)");
  const insert = database.prepare("insert into kept values (?)");
  const error = assertThrows(() => insert.run(new Uint8Array(100_000)));
  assertEquals(findStorageFault(error)?.code, "storage_full");
});

Deno.test("findStorageFault() knows a SQLite database that another process keeps", async () => {
  const path = await Deno.makeTempFile();
  {
    using first = new DatabaseSync(path);
    using second = new DatabaseSync(path);
    first.exec("begin immediate");
    const error = assertThrows(() => second.prepare("begin immediate").run());
    assertEquals(findStorageFault(error)?.code, "storage_unavailable");
  }
  await Deno.remove(path);
});

Deno.test("findStorageFault() knows a full disk under a file", () => {
  const error = Object.assign(new Error("os error 28"), { code: "ENOSPC" });
  const fault = findStorageFault(error);
  assertEquals([fault?.code, fault?.cause, fault?.message.includes("28")], [
    "storage_full",
    error,
    false,
  ]);
});

testOnPostgres("findStorageFault() knows a connection that the server ends", async (place) => {
  await using database = await place.open();
  const error = await assertRejects(() =>
    sql`select pg_terminate_backend(pg_backend_pid())`.execute(database.query)
  );
  const fault = findStorageFault(error);
  assertEquals([fault?.code, fault?.retryAfterSeconds], ["storage_unavailable", 5]);
});

testOnPostgres("findStorageFault() knows a text that cannot be stored", async (place) => {
  await using database = await place.open();
  const error = await assertRejects(() =>
    database.query.selectFrom("datasets").select("id").where("name", "=", "a\0b").execute()
  );
  assertEquals(findStorageFault(error)?.code, "invalid_value");
});

Deno.test("findStorageFault() knows a server that is not there", () => {
  for (const code of ["ECONNREFUSED", "ECONNRESET", "57P03", "08006", "53300"]) {
    const fault = findStorageFault(Object.assign(new Error("no"), { code }));
    assertEquals(fault?.code, "storage_unavailable", code);
  }
  for (
    const message of [
      "timeout exceeded when trying to connect",
      "Client has encountered a connection error and is not queryable",
      "Client was closed and is not queryable",
    ]
  ) assertEquals(findStorageFault(new Error(message))?.code, "storage_unavailable", message);
});

testOnPostgres("findStorageFault() knows what a server gives up", async (place) => {
  await using database = await place.open();
  const codes = ["query_canceled", "deadlock_detected", "serialization_failure"];
  for (const name of [...codes, "lock_not_available", "read_only_sql_transaction"]) {
    const error = await assertRejects(() =>
      sql.raw(`do $$ begin raise exception using errcode = '${name}'; end $$`)
        .execute(database.query)
    );
    assertEquals(findStorageFault(error)?.code, "storage_unavailable", name);
  }
});

Deno.test("findStorageFault() leaves other errors to others", () => {
  const others = [
    new TypeError("Cannot read undefined"),
    Object.assign(new Error("duplicate key"), { code: "23505" }),
    Object.assign(new Error("constraint failed"), { code: "ERR_SQLITE_ERROR", errcode: 19 }),
    "text",
    undefined,
  ];
  for (const other of others) assertEquals(findStorageFault(other), undefined);
});
