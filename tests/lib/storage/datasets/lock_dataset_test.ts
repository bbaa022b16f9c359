import { assertEquals, assertRejects } from "@std/assert";
import { ServiceError } from "../../../../lib/service_error.ts";
import { lockDataset } from "../../../../lib/storage/datasets/lock_dataset.ts";
import { inTransaction } from "../../../../lib/storage/in_transaction.ts";
import { makeDataset } from "../storage_fixtures.ts";
import { testOnPostgres, testWithDatabase } from "../test_databases.ts";

testWithDatabase(
  "lockDataset() reads the dataset, or says that there is none",
  async (database) => {
    const dataset = await makeDataset(database);
    assertEquals(await inTransaction(database, (own) => lockDataset(own, dataset.id)), dataset);
    const error = await assertRejects(
      () => inTransaction(database, (own) => lockDataset(own, "none")),
      ServiceError,
    );
    assertEquals(error.code, "dataset_not_found");
  },
);

testOnPostgres("lockDataset() makes a second transaction wait for the first", async (place) => {
  await using database = await place.open();
  const { id } = await makeDataset(database);
  const order: string[] = [];
  const held = Promise.withResolvers<void>();
  const first = inTransaction(database, async (transaction) => {
    await lockDataset(transaction, id);
    held.resolve();
    await new Promise((resolve) => setTimeout(resolve, 50));
    order.push("first");
  });
  await held.promise;
  await inTransaction(database, (transaction) => lockDataset(transaction, id));
  order.push("second");
  await first;
  assertEquals(order, ["first", "second"]);
});
