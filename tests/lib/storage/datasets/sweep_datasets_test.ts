import { assertEquals } from "@std/assert";
import type { OpenDatabase } from "../../../../lib/storage/database.ts";
import { addSamples } from "../../../../lib/storage/datasets/add_samples.ts";
import { deleteDataset } from "../../../../lib/storage/datasets/delete_dataset.ts";
import { sweepDatasets } from "../../../../lib/storage/datasets/sweep_datasets.ts";
import {
  addTexts,
  DATASET_LIMITS,
  makeDataset,
  storedTexts,
  textSample,
} from "../storage_fixtures.ts";
import { testWithDatabase } from "../test_databases.ts";

/** An upload whose process is gone. */
async function breakUpload(database: OpenDatabase, text: string): Promise<void> {
  const { id: datasetId } = await makeDataset(database, text);
  const samples = [textSample(text, "cats")];
  await addSamples(database, { datasetId, samples, limits: DATASET_LIMITS, uploadId: text });
}

async function waitUntil(isDone: () => Promise<boolean>): Promise<void> {
  for (const ends = performance.now() + 10_000; performance.now() < ends;) {
    if (await isDone()) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error("It does not happen");
}

testWithDatabase("sweepDatasets() removes broken uploads now and later", async (database) => {
  const isEmpty = async () => (await storedTexts(database)).length === 0;
  await breakUpload(database, "a");
  await new Promise((resolve) => setTimeout(resolve, 30));
  using _sweep = sweepDatasets(database, { uploadTimeoutMs: 10, pauseMs: 50 });
  await waitUntil(isEmpty);
  await breakUpload(database, "b");
  await waitUntil(isEmpty);
});

testWithDatabase("sweepDatasets() finishes deletions", async (database) => {
  const { id } = await makeDataset(database);
  await addTexts(database, id, [["a", "cats"]]);
  let transactions = 0;
  const ending: OpenDatabase = {
    ...database,
    transact: (work) =>
      ++transactions === 1 ? database.transact(work) : Promise.reject(new Error("away")),
  };
  await deleteDataset(ending, "pets");
  assertEquals(await storedTexts(database), ["a"]);
  using _sweep = sweepDatasets(database, { uploadTimeoutMs: 60_000 });
  await waitUntil(async () => (await storedTexts(database)).length === 0);
});

testWithDatabase("sweepDatasets() leaves uploads that may still run", async (database) => {
  await breakUpload(database, "a");
  {
    using _sweep = sweepDatasets(database, { uploadTimeoutMs: 60_000, pauseMs: 10 });
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  await new Promise((resolve) => setTimeout(resolve, 50));
  assertEquals(await storedTexts(database), ["a"]);
});

/** What a replica does whose clock is ahead of the others, or behind. */
async function withClock<Result>(aheadMs: number, work: () => Promise<Result>): Promise<Result> {
  const now = Date.now;
  Date.now = () => now() + aheadMs;
  try {
    return await work();
  } finally {
    Date.now = now;
  }
}

testWithDatabase("sweepDatasets() does not go by the clocks of replicas", async (database) => {
  const hourMs = 3_600_000;
  await withClock(-hourMs, () => breakUpload(database, "a"));
  await withClock(hourMs, async () => {
    using _sweep = sweepDatasets(database, { uploadTimeoutMs: 60_000, pauseMs: 10 });
    await new Promise((resolve) => setTimeout(resolve, 100));
  });
  assertEquals(await storedTexts(database), ["a"]);
});

testWithDatabase("sweepDatasets() goes on after a fault of the database", async (database) => {
  await breakUpload(database, "a");
  let faults = 0;
  const unsteady: OpenDatabase = {
    ...database,
    transact: (work) => ++faults < 3 ? Promise.reject(new Error("away")) : database.transact(work),
  };
  using _sweep = sweepDatasets(unsteady, { uploadTimeoutMs: 0, pauseMs: 10 });
  await waitUntil(async () => (await storedTexts(database)).length === 0);
});
