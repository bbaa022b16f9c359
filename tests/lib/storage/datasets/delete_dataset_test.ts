import { assert, assertEquals, assertRejects } from "@std/assert";
import { ServiceError } from "../../../../lib/service_error.ts";
import type { OpenDatabase } from "../../../../lib/storage/database.ts";
import { addSamples } from "../../../../lib/storage/datasets/add_samples.ts";
import {
  createDataset,
  findDataset,
  findDatasetById,
  listClasses,
  listDatasets,
  readDataset,
} from "../../../../lib/storage/datasets/datasets.ts";
import {
  deleteDataset,
  deleteEmptyDataset,
  finishDeletions,
} from "../../../../lib/storage/datasets/delete_dataset.ts";
import {
  addTexts,
  DATASET_LIMITS,
  makeDataset,
  storedTexts,
  textSample,
} from "../storage_fixtures.ts";
import { testWithDatabase } from "../test_databases.ts";

/** Makes `pets` with so many samples. */
async function fillDataset(database: OpenDatabase, count: number): Promise<string> {
  const { id: datasetId } = await makeDataset(database);
  const samples = Array.from({ length: count }, (_, index) => textSample(`${index}`, "cats"));
  const limits = { ...DATASET_LIMITS, samplesMax: count };
  await addSamples(database, { datasetId, samples, limits });
  return datasetId;
}

/** The same database, which is away after so many transactions. */
function endingAfter(database: OpenDatabase, transactions: number): OpenDatabase {
  return {
    ...database,
    transact: (work) =>
      transactions-- > 0 ? database.transact(work) : Promise.reject(new Error("away")),
  };
}

testWithDatabase(
  "deleteDataset() takes the samples and leaves bytes that others have",
  async (database) => {
    const pets = await makeDataset(database, "pets");
    const birds = await makeDataset(database, "birds");
    await addTexts(database, pets.id, [["cat", "cats"], ["owl", "owls"]]);
    await addTexts(database, birds.id, [["owl", "owls"]]);
    await deleteDataset(database, "pets");
    assertEquals(await findDataset(database, "pets"), undefined);
    assertEquals(await storedTexts(database), ["owl"]);
    assertEquals(await listClasses(database, pets.id), []);
    const error = await assertRejects(() => deleteDataset(database, "pets"), ServiceError);
    assertEquals(error.code, "dataset_not_found");
  },
);

testWithDatabase("deleteDataset() leaves nothing to see when it is cut off", async (database) => {
  const id = await fillDataset(database, 250);
  await deleteDataset(endingAfter(database, 2), "pets");
  assertEquals((await storedTexts(database)).length, 50);
  assertEquals(await findDataset(database, "pets"), undefined);
  assertEquals(await findDatasetById(database, id), undefined);
  assertEquals((await listDatasets(database, { limit: 10 })).items, []);
  for (
    const action of [
      () => addTexts(database, id, [["a", "b"]]),
      () => deleteDataset(database, "pets"),
    ]
  ) {
    assertEquals((await assertRejects(action, ServiceError)).code, "dataset_not_found");
  }
});

testWithDatabase("finishDeletions() removes what is left, and no more", async (database) => {
  await fillDataset(database, 250);
  await deleteDataset(endingAfter(database, 2), "pets");
  // The name and the only place are free again, and what is left of the old one may be used.
  const { id } = await createDataset(database, { name: "pets", kind: "text", datasetsMax: 1 });
  await addTexts(database, id, [["249", "cats"]]);
  await finishDeletions(database);
  assertEquals(await storedTexts(database), ["249"]);
  assertEquals(await listClasses(database, id), [{ class: "cats", samples: 1, bytes: 3 }]);
  const { count } = await database.query.selectFrom("datasets")
    .select(({ fn }) => fn.countAll<number>().as("count")).executeTakeFirstOrThrow();
  assertEquals(count, 1);
});

testWithDatabase("deleteDataset() lets others have their turn in between", async (database) => {
  await fillDataset(database, 1_000);
  let turns = 0;
  const timer = setInterval(() => turns++);
  await deleteDataset(database, "pets");
  clearInterval(timer);
  assert(turns >= 4, `${turns} turns`);
  assertEquals(await storedTexts(database), []);
});

testWithDatabase("deleteEmptyDataset() leaves a dataset that has samples", async (database) => {
  const { id } = await makeDataset(database, "pets");
  await addTexts(database, id, [["cat", "cats"]]);
  await deleteEmptyDataset(database, id);
  assertEquals((await readDataset(database, "pets")).id, id);
  const empty = await makeDataset(database, "cars");
  await deleteEmptyDataset(database, empty.id);
  await deleteEmptyDataset(database, empty.id);
  assertEquals(await findDataset(database, "cars"), undefined);
});
