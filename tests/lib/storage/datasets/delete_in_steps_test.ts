import { assertEquals } from "@std/assert";
import type { Database, OpenDatabase } from "../../../../lib/storage/database.ts";
import { addSamples, type NewSample } from "../../../../lib/storage/datasets/add_samples.ts";
import { deleteInSteps } from "../../../../lib/storage/datasets/delete_in_steps.ts";
import { DATASET_LIMITS, makeDataset, textSample } from "../storage_fixtures.ts";
import { testWithDatabase } from "../test_databases.ts";

async function fillDataset(database: OpenDatabase, samples: NewSample[]): Promise<string> {
  const { id: datasetId } = await makeDataset(database);
  const limits = { ...DATASET_LIMITS, samplesMax: 1_000, bytesMax: 100_000_000 };
  await addSamples(database, { datasetId, samples, limits });
  return datasetId;
}

/** Deletes a dataset's samples and gives how many went in each step. */
async function countSteps(
  database: Database,
  value: string,
  begin?: () => Promise<boolean>,
): Promise<number[]> {
  const steps: number[] = [];
  await deleteInSteps(database, {
    column: "datasetId",
    value,
    ...(begin && { begin }),
    follow(_transaction, deleted) {
      steps.push(deleted.length);
      return Promise.resolve();
    },
  });
  return steps;
}

testWithDatabase("deleteInSteps() deletes at most 200 samples at a time", async (database) => {
  const samples = Array.from({ length: 401 }, (_, index) => textSample(`${index}`, "cats"));
  const id = await fillDataset(database, samples);
  assertEquals(await countSteps(database, id), [200, 200, 1, 0]);
  assertEquals(await countSteps(database, id), [0]);
});

testWithDatabase("deleteInSteps() deletes at most 4 MiB at a time", async (database) => {
  const samples = [3, 2, 1, 5, 4].map((mebibytes, fill) => {
    const bytes = new Uint8Array(mebibytes * 1024 * 1024).fill(fill);
    return { name: "", class: "cats", bytes };
  });
  const id = await fillDataset(database, samples);
  assertEquals(await countSteps(database, id), [1, 2, 1, 1, 0]);
});

testWithDatabase("deleteInSteps() ends when a step is not to begin", async (database) => {
  const samples = Array.from({ length: 201 }, (_, index) => textSample(`${index}`, "cats"));
  const id = await fillDataset(database, samples);
  let begun = 0;
  assertEquals(await countSteps(database, id, () => Promise.resolve(++begun < 2)), [200]);
});
