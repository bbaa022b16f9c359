import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import type { Change } from "../../../lib/storage/changes.ts";
import type { Database } from "../../../lib/storage/database.ts";
import { inTransaction } from "../../../lib/storage/in_transaction.ts";
import { testWithDatabase } from "./test_databases.ts";

async function addModel(database: Database, name: string): Promise<void> {
  await database.query.insertInto("models").values({ name, lastVersion: 0, createdAt: 0 })
    .execute();
}

async function modelNames(database: Database): Promise<string[]> {
  const rows = await database.query.selectFrom("models").select("name").orderBy("sequence")
    .execute();
  return rows.map(({ name }) => name);
}

testWithDatabase("inTransaction() stores everything or nothing", async (database) => {
  await inTransaction(database, (transaction) => addModel(transaction, "kept"));
  await assertRejects(
    () =>
      inTransaction(database, async (transaction) => {
        await addModel(transaction, "lost");
        throw new Error("half-way");
      }),
    Error,
    "half-way",
  );
  assertEquals(await modelNames(database), ["kept"]);
});

testWithDatabase("inTransaction() joins the transaction that it is in", async (database) => {
  await assertRejects(() =>
    inTransaction(database, async (outer) => {
      await inTransaction(outer, (inner) => addModel(inner, "inner"));
      throw new Error("outer");
    })
  );
  assertEquals(await modelNames(database), []);
});

testWithDatabase(
  "inTransaction() announces changes after the commit, or never",
  async (database) => {
    const change: Change = { topic: "model", id: "pets" };
    const seen = Promise.withResolvers<[Change, string[]]>();
    using _watch = database.watchChanges(async (seenChange) => {
      seen.resolve([seenChange, await modelNames(database)]);
    });
    await assertRejects(() =>
      inTransaction(database, async (transaction) => {
        await transaction.announce({ topic: "model", id: "lost" });
        throw new Error("half-way");
      })
    );
    await inTransaction(database, async (transaction) => {
      await transaction.announce(change);
      await addModel(transaction, "pets");
    });
    assertEquals(await seen.promise, [change, ["pets"]]);
  },
);

Deno.test("inTransaction() throws when the database is neither open nor in a transaction", () => {
  const database = { engine: "sqlite", query: { isTransaction: false } } as unknown as Database;
  assertThrows(() => inTransaction(database, () => Promise.resolve()), TypeError, "must be open");
});
