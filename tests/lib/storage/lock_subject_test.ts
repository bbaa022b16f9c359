import { assertEquals } from "@std/assert";
import { inTransaction } from "../../../lib/storage/in_transaction.ts";
import { lockSubject } from "../../../lib/storage/lock_subject.ts";
import { testOnPostgres, testWithDatabase } from "./test_databases.ts";

testWithDatabase("lockSubject() can be held twice by one transaction", async (database) => {
  const result = await inTransaction(database, async (transaction) => {
    await lockSubject(transaction, "blobs", "shared");
    await lockSubject(transaction, "blobs");
    return "done";
  });
  assertEquals(result, "done");
});

testOnPostgres("lockSubject() keeps others out until the transaction ends", async (place) => {
  await using here = await place.open();
  await using there = await place.open();
  const order: string[] = [];
  const held = Promise.withResolvers<void>();
  const first = inTransaction(here, async (transaction) => {
    await lockSubject(transaction, "jobs");
    held.resolve();
    await inTransaction(there, (other) => lockSubject(other, "models"));
    order.push("first");
  });
  await held.promise;
  await inTransaction(there, async (transaction) => {
    await lockSubject(transaction, "jobs", "shared");
    order.push("second");
  });
  await first;
  assertEquals(order, ["first", "second"]);
});
