import { assertEquals } from "@std/assert";
import { addToClasses, removeFromClasses } from "../../../../lib/storage/datasets/class_counts.ts";
import { listClasses } from "../../../../lib/storage/datasets/datasets.ts";
import { makeDataset } from "../storage_fixtures.ts";
import { testWithDatabase } from "../test_databases.ts";

testWithDatabase("addToClasses() and removeFromClasses() keep the sums", async (database) => {
  const { id } = await makeDataset(database);
  const cat = { class: "cats", length: 3 };
  await addToClasses(database, id, [cat, { class: "dogs", length: 5 }, cat]);
  await addToClasses(database, id, [cat]);
  await removeFromClasses(database, id, [cat, { class: "dogs", length: 5 }]);
  assertEquals(await listClasses(database, id), [{ class: "cats", samples: 2, bytes: 6 }]);
  const rows = await database.query.selectFrom("datasetClasses").selectAll().execute();
  assertEquals(rows.length, 1);
});
