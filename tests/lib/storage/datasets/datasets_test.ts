import { assertEquals, assertRejects } from "@std/assert";
import {
  createDataset,
  findDataset,
  findDatasetById,
  listClasses,
  listDatasets,
  readDataset,
} from "../../../../lib/storage/datasets/datasets.ts";
import { ServiceError } from "../../../../lib/service_error.ts";
import { addTexts, makeDataset } from "../storage_fixtures.ts";
import { testOnPostgres, testWithDatabase } from "../test_databases.ts";

testWithDatabase(
  "createDataset() makes a dataset that can be read by its name",
  async (database) => {
    const dataset = await makeDataset(database, "pets", "image");
    assertEquals(await readDataset(database, "pets"), dataset);
    assertEquals([dataset.kind, dataset.name], ["image", "pets"]);
    assertEquals(await findDataset(database, "other"), undefined);
    assertEquals(await findDatasetById(database, dataset.id), dataset);
    assertEquals(await findDatasetById(database, "pets"), undefined);
    const error = await assertRejects(() => readDataset(database, "other"), ServiceError);
    assertEquals(error.code, "dataset_not_found");
  },
);

testWithDatabase(
  "createDataset() refuses a taken name and one dataset too many",
  async (database) => {
    const create = (name: string) =>
      createDataset(database, { name, kind: "text", datasetsMax: 1 });
    await create("pets");
    assertEquals((await assertRejects(() => create("pets"), ServiceError)).code, "already_exists");
    assertEquals((await assertRejects(() => create("cars"), ServiceError)).code, "limit_reached");
  },
);

testOnPostgres("createDataset() gives a name to one of many replicas", async (place) => {
  await using here = await place.open();
  await using there = await place.open();
  const results = await Promise.allSettled(
    [here, there, here, there].map((database) => makeDataset(database)),
  );
  assertEquals(results.filter(({ status }) => status === "fulfilled").length, 1);
  for (const result of results) {
    if (result.status === "rejected") assertEquals(result.reason.code, "already_exists");
  }
});

testWithDatabase("listDatasets() gives pages, the oldest first", async (database) => {
  for (const name of ["b", "c", "a"]) await makeDataset(database, name);
  const first = await listDatasets(database, { limit: 2 });
  assertEquals([first.items.map(({ name }) => name), first.hasMore], [["b", "c"], true]);
  const second = await listDatasets(database, { after: first.items[1]?.id, limit: 2 });
  assertEquals([second.items.map(({ name }) => name), second.hasMore], [["a"], false]);
  assertEquals(await listDatasets(database, { after: "none", limit: 2 }), {
    items: [],
    hasMore: false,
  });
});

testWithDatabase("listClasses() counts samples and bytes", async (database) => {
  const { id } = await makeDataset(database);
  assertEquals(await listClasses(database, id), []);
  await addTexts(database, id, [["one", "b"], ["three", "b"], ["two", "B"], ["two", "ä"]]);
  assertEquals(await listClasses(database, id), [
    { class: "B", samples: 1, bytes: 3 },
    { class: "b", samples: 2, bytes: 8 },
    { class: "ä", samples: 1, bytes: 3 },
  ]);
});
