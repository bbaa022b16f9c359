import { assertEquals } from "@std/assert";
import { listClasses } from "../../../../lib/storage/datasets/datasets.ts";
import { forgetSamples } from "../../../../lib/storage/datasets/forget_samples.ts";
import { inTransaction } from "../../../../lib/storage/in_transaction.ts";
import { addTexts, makeDataset, storedTexts } from "../storage_fixtures.ts";
import { testWithDatabase } from "../test_databases.ts";

testWithDatabase("forgetSamples() keeps counts and bytes as the rows are", async (database) => {
  const { id } = await makeDataset(database);
  await addTexts(database, id, [["a", "cats"], ["a", "dogs"], ["bb", "dogs"]]);
  await inTransaction(database, async (transaction) => {
    const deleted = await transaction.query.deleteFrom("samples").where("class", "=", "dogs")
      .returning(["sha256", "class", "length"]).execute();
    await forgetSamples(transaction, id, deleted);
    await forgetSamples(transaction, id, []);
  });
  assertEquals(await listClasses(database, id), [{ class: "cats", samples: 1, bytes: 1 }]);
  // The bytes of the first are those of another sample too.
  assertEquals(await storedTexts(database), ["a"]);
});
