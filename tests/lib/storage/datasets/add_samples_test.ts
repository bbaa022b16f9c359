import { assert, assertEquals, assertRejects } from "@std/assert";
import { ServiceError } from "../../../../lib/service_error.ts";
import { addSamples, type DatasetLimits } from "../../../../lib/storage/datasets/add_samples.ts";
import { listClasses } from "../../../../lib/storage/datasets/datasets.ts";
import { listSamples } from "../../../../lib/storage/datasets/samples.ts";
import {
  addTexts,
  DATASET_LIMITS,
  makeDataset,
  storedTexts,
  textSample,
} from "../storage_fixtures.ts";
import { testOnPostgres, testWithDatabase } from "../test_databases.ts";

testWithDatabase("addSamples() stores samples and says so for each", async (database) => {
  const { id } = await makeDataset(database);
  const outcomes = await addTexts(database, id, [["cat", "cats"], ["dog", "dogs"]]);
  assertEquals(outcomes.map(({ status }) => status), ["accepted", "accepted"]);
  const { items } = await listSamples(database, { datasetId: id, limit: 10 });
  assertEquals(
    items.map((sample) => [sample.id, sample.name, sample.class, sample.length]),
    outcomes.map((outcome, index) => [
      outcome.status === "accepted" ? outcome.id : "",
      ["cat.txt", "dog.txt"][index],
      ["cats", "dogs"][index],
      3,
    ]),
  );
});

testWithDatabase(
  "addSamples() finds duplicates within a call and from earlier",
  async (database) => {
    const { id } = await makeDataset(database);
    const [first, second] = await addTexts(database, id, [["cat", "cats"], ["cat", "cats"]]);
    const [third] = await addTexts(database, id, [["cat", "cats"]]);
    assert(first?.status === "accepted");
    assertEquals(second, { ...first, status: "duplicate" });
    assertEquals(third, { ...first, status: "duplicate" });
    assertEquals(await storedTexts(database), ["cat"]);
    assertEquals(await listClasses(database, id), [{ class: "cats", samples: 1, bytes: 3 }]);
  },
);

testWithDatabase("addSamples() reports the same bytes under another class", async (database) => {
  const { id } = await makeDataset(database);
  await addTexts(database, id, [["cat", "dogs"]]);
  const outcomes = await addTexts(database, id, [["cat", "cats"], ["cat", "birds"]]);
  assertEquals(
    outcomes.map((outcome) => outcome.status === "rejected" ? [] : outcome.otherClasses),
    [["dogs"], ["cats", "dogs"]],
  );
});

testWithDatabase("addSamples() keeps to each limit and to what fits", async (database) => {
  const { id } = await makeDataset(database);
  const add = async (limits: Partial<DatasetLimits>, texts: [string, string][]) => {
    const samples = texts.map(([text, className]) => textSample(text, className));
    const outcomes = await addSamples(database, {
      datasetId: id,
      samples,
      limits: { ...DATASET_LIMITS, ...limits },
    });
    return outcomes.map((outcome) => outcome.status === "rejected" ? outcome.code : outcome.status);
  };
  assertEquals(await add({ classesMax: 1 }, [["1", "a"], ["2", "b"], ["3", "a"]]), [
    "accepted",
    "limit_reached",
    "accepted",
  ]);
  assertEquals(await add({ samplesMax: 3 }, [["4", "a"], ["5", "a"], ["1", "a"]]), [
    "accepted",
    "limit_reached",
    "duplicate",
  ]);
  assertEquals(await add({ bytesMax: 5 }, [["678", "a"], ["67", "a"]]), [
    "limit_reached",
    "accepted",
  ]);
  assertEquals(await storedTexts(database), ["1", "3", "4", "67"]);
});

testWithDatabase(
  "addSamples() wants vectors of one length in a dataset of vectors",
  async (database) => {
    const { id } = await makeDataset(database, "numbers", "vector");
    const add = async (...lengths: number[]) => {
      const samples = lengths.map((length, index) => ({
        name: `row ${index}`,
        class: "a",
        bytes: new Uint8Array(new Float32Array(length).fill(index).buffer),
      }));
      const limits = DATASET_LIMITS;
      return await addSamples(database, { datasetId: id, samples, limits });
    };
    const [, second] = await add(3, 4);
    assertEquals(second, {
      status: "rejected",
      code: "invalid_sample",
      reason: "Cannot add sample as vectors of a dataset must have one length, 3: it has 4",
    });
    assertEquals((await add(2)).map(({ status }) => status), ["rejected"]);
  },
);

testWithDatabase("addSamples() refuses an unknown dataset and stores nothing", async (database) => {
  const error = await assertRejects(() => addTexts(database, "none", [["a", "a"]]), ServiceError);
  assertEquals(error.code, "dataset_not_found");
  assertEquals(await storedTexts(database), []);
});

testOnPostgres("addSamples() holds limits and finds duplicates between replicas", async (place) => {
  await using here = await place.open();
  await using there = await place.open();
  const { id } = await makeDataset(here);
  const limits = { ...DATASET_LIMITS, samplesMax: 15 };
  const texts = Array.from({ length: 10 }, (_, index) => `text ${index}`);
  const outcomes = await Promise.all(
    [here, there, here, there].map((database, replica) =>
      addSamples(database, {
        datasetId: id,
        // Two replicas add the same texts, in opposite orders.
        samples: (replica < 2 ? texts : texts.toReversed().map((text) => `${text}!`))
          .map((text) => textSample(text, "a")),
        limits,
      })
    ),
  );
  const statuses = outcomes.flat().map(({ status }) => status);
  assertEquals(statuses.filter((status) => status === "accepted").length, 15);
  assertEquals(await listClasses(here, id).then(([entry]) => entry?.samples), 15);
  assertEquals((await listSamples(here, { datasetId: id, limit: 100 })).items.length, 15);
});
