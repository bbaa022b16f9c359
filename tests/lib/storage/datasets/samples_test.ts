import { assertEquals, assertRejects } from "@std/assert";
import { ServiceError } from "../../../../lib/service_error.ts";
import type { Database } from "../../../../lib/storage/database.ts";
import { listClasses } from "../../../../lib/storage/datasets/datasets.ts";
import {
  deleteSample,
  listSamples,
  readSample,
  relabelSample,
} from "../../../../lib/storage/datasets/samples.ts";
import { addTexts, makeDataset, storedTexts } from "../storage_fixtures.ts";
import { testWithDatabase } from "../test_databases.ts";

async function makePets(database: Database): Promise<{ datasetId: string; ids: string[] }> {
  const { id: datasetId } = await makeDataset(database);
  await addTexts(database, datasetId, [["a", "cats"], ["b", "dogs"], ["c", "cats"], ["a", "dogs"]]);
  const { items } = await listSamples(database, { datasetId, limit: 10 });
  return { datasetId, ids: items.map(({ id }) => id) };
}

async function codeOf(action: () => Promise<unknown>): Promise<string> {
  return (await assertRejects(action, ServiceError)).code;
}

testWithDatabase("listSamples() gives pages of a dataset or of one class", async (database) => {
  const { datasetId, ids } = await makePets(database);
  const first = await listSamples(database, { datasetId, limit: 3 });
  assertEquals([first.items.map(({ id }) => id), first.hasMore], [ids.slice(0, 3), true]);
  const rest = await listSamples(database, { datasetId, after: ids[2], limit: 3 });
  assertEquals([rest.items.map(({ id }) => id), rest.hasMore], [ids.slice(3), false]);
  const cats = await listSamples(database, { datasetId, class: "cats", after: ids[0], limit: 3 });
  assertEquals(cats.items.map(({ name }) => name), ["c.txt"]);
});

testWithDatabase("readSample() finds a sample in its own dataset only", async (database) => {
  const { datasetId, ids: [sampleId = ""] } = await makePets(database);
  const other = await makeDataset(database, "other");
  assertEquals((await readSample(database, { datasetId, sampleId })).name, "a.txt");
  assertEquals(
    await codeOf(() => readSample(database, { datasetId: other.id, sampleId })),
    "sample_not_found",
  );
});

testWithDatabase("relabelSample() moves a sample and the counts with it", async (database) => {
  const { datasetId, ids: [, sampleId = ""] } = await makePets(database);
  const options = { datasetId, sampleId, class: "birds", classesMax: 3 };
  assertEquals((await relabelSample(database, options)).class, "birds");
  assertEquals((await relabelSample(database, options)).class, "birds");
  assertEquals((await readSample(database, { datasetId, sampleId })).class, "birds");
  assertEquals(
    (await listClasses(database, datasetId)).map((entry) => [entry.class, entry.samples]),
    [["birds", 1], ["cats", 2], ["dogs", 1]],
  );
});

testWithDatabase(
  "relabelSample() refuses a class too many and content that is there",
  async (database) => {
    const { datasetId, ids: [first = "", second = ""] } = await makePets(database);
    const before = await listClasses(database, datasetId);
    const relabel = (sampleId: string, name: string) =>
      relabelSample(database, { datasetId, sampleId, class: name, classesMax: 2 });
    assertEquals(await codeOf(() => relabel(second, "birds")), "limit_reached");
    assertEquals(await codeOf(() => relabel(first, "dogs")), "already_exists");
    assertEquals(await codeOf(() => relabel("none", "dogs")), "sample_not_found");
    assertEquals(await listClasses(database, datasetId), before);
  },
);

testWithDatabase("deleteSample() removes bytes with their last sample", async (database) => {
  const { datasetId, ids: [first = "", , , fourth = ""] } = await makePets(database);
  await deleteSample(database, { datasetId, sampleId: first });
  assertEquals(await storedTexts(database), ["a", "b", "c"]);
  await deleteSample(database, { datasetId, sampleId: fourth });
  assertEquals(await storedTexts(database), ["b", "c"]);
  assertEquals(
    (await listClasses(database, datasetId)).map((entry) => [entry.class, entry.samples]),
    [["cats", 1], ["dogs", 1]],
  );
  assertEquals(
    await codeOf(() => deleteSample(database, { datasetId, sampleId: first })),
    "sample_not_found",
  );
});
