import { assertEquals } from "@std/assert";
import { readDatabaseHost } from "../../../lib/storage/database_host.ts";

Deno.test("readDatabaseHost() gives host and port alone", () => {
  assertEquals(
    readDatabaseHost("postgres://u:p%40ss@db.example.org:6432/x?sslmode=require"),
    "db.example.org:6432",
  );
  assertEquals(readDatabaseHost("postgresql://db/x"), "db:5432");
  assertEquals(readDatabaseHost("postgresql://[::1]:6432/x"), "[::1]:6432");
});

Deno.test("readDatabaseHost() gives nothing for other URLs and what --allow-net would misread", () => {
  for (
    const url of [
      "",
      "db",
      "http://db/x",
      "postgresql:///x",
      "postgresql://a,b/x",
      "postgresql://*/x",
    ]
  ) {
    assertEquals(readDatabaseHost(url), undefined, url);
  }
});
