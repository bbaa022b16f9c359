import { assert, assertEquals, assertRejects } from "@std/assert";
import { ServiceError } from "../../../../lib/service_error.ts";
import type { Database } from "../../../../lib/storage/database.ts";
import { addSamples } from "../../../../lib/storage/datasets/add_samples.ts";
import { listClasses } from "../../../../lib/storage/datasets/datasets.ts";
import {
  dropBrokenUploads,
  dropUpload,
  keepUpload,
  listKeptClasses,
} from "../../../../lib/storage/datasets/uploads.ts";
import { listJobSamples } from "../../../../lib/storage/jobs/job_samples.ts";
import {
  addTexts,
  DATASET_LIMITS,
  makeDataset,
  makeJob,
  storedTexts,
  textSample,
} from "../storage_fixtures.ts";
import { testWithDatabase } from "../test_databases.ts";

async function upload(
  database: Database,
  datasetId: string,
  { uploadId, texts }: { uploadId: string; texts: string[] },
): Promise<string[]> {
  const samples = texts.map((text) => textSample(text, "cats"));
  const options = { datasetId, samples, limits: DATASET_LIMITS, uploadId };
  return (await addSamples(database, options)).map(({ status }) => status);
}

testWithDatabase(
  "dropUpload() removes what came with the upload, and no more",
  async (database) => {
    const { id: datasetId } = await makeDataset(database);
    await addTexts(database, datasetId, [["old", "cats"]]);
    await upload(database, datasetId, { uploadId: "first", texts: ["a", "b"] });
    await upload(database, datasetId, { uploadId: "second", texts: ["c"] });
    await dropUpload(database, { datasetId, uploadId: "first" });
    assertEquals(await storedTexts(database), ["c", "old"]);
    const [cats] = await listClasses(database, datasetId);
    assertEquals(cats, { class: "cats", samples: 2, bytes: 4 });
    await dropUpload(database, { datasetId: "none", uploadId: "second" });
    assertEquals(await storedTexts(database), ["c", "old"]);
  },
);

testWithDatabase("listKeptClasses() leaves out classes of incomplete uploads", async (database) => {
  const { id: datasetId } = await makeDataset(database);
  await addTexts(database, datasetId, [["old", "dogs"]]);
  await upload(database, datasetId, { uploadId: "first", texts: ["a"] });
  assertEquals(await listKeptClasses(database, datasetId), ["dogs"]);
  await keepUpload(database, { datasetId, uploadId: "first" });
  assertEquals((await listKeptClasses(database, datasetId)).sort(), ["cats", "dogs"]);
});

testWithDatabase("dropUpload() lets others have their turn in between", async (database) => {
  const { id: datasetId } = await makeDataset(database);
  const samples = Array.from({ length: 1_000 }, (_, index) => textSample(`${index}`, "cats"));
  const limits = { ...DATASET_LIMITS, samplesMax: 1_000 };
  await addSamples(database, { datasetId, samples, limits, uploadId: "first" });
  let turns = 0;
  const timer = setInterval(() => turns++);
  await dropUpload(database, { datasetId, uploadId: "first" });
  clearInterval(timer);
  assert(turns >= 4, `${turns} turns`);
  assertEquals(await storedTexts(database), []);
  assertEquals(await listClasses(database, datasetId), []);
});

testWithDatabase("keepUpload() makes the samples stay, and jobs see them", async (database) => {
  const { id: datasetId } = await makeDataset(database);
  await addTexts(database, datasetId, [["old", "cats"]]);
  await upload(database, datasetId, { uploadId: "first", texts: ["a"] });
  const early = await makeJob(database, datasetId);
  await keepUpload(database, { datasetId, uploadId: "first" });
  await dropUpload(database, { datasetId, uploadId: "first" });
  const late = await makeJob(database, datasetId);
  const namesOf = async (jobId: string) =>
    (await listJobSamples(database, jobId)).map(({ name }) => name);
  assertEquals(await namesOf(early.id), ["old.txt"]);
  assertEquals(await namesOf(late.id), ["old.txt", "a.txt"]);
});

testWithDatabase("keepUpload() does not keep it when the work with it fails", async (database) => {
  const { id: datasetId } = await makeDataset(database);
  await upload(database, datasetId, { uploadId: "first", texts: ["a"] });
  await assertRejects(
    () =>
      keepUpload(database, { datasetId, uploadId: "first" }, () => Promise.reject(new Error("no"))),
    Error,
    "no",
  );
  await dropUpload(database, { datasetId, uploadId: "first" });
  assertEquals(await storedTexts(database), []);
});

testWithDatabase("keepUpload() refuses a dataset that is gone", async (database) => {
  const error = await assertRejects(
    () => keepUpload(database, { datasetId: "none", uploadId: "first" }),
    ServiceError,
  );
  assertEquals(error.code, "dataset_not_found");
});

testWithDatabase(
  "a sample that two uploads bring stays, whichever of them breaks off",
  async (database) => {
    const { id: datasetId } = await makeDataset(database);
    await upload(database, datasetId, { uploadId: "first", texts: ["a", "b"] });
    const found = await upload(database, datasetId, { uploadId: "second", texts: ["a", "c", "c"] });
    assertEquals(found, ["duplicate", "accepted", "duplicate"]);
    await dropUpload(database, { datasetId, uploadId: "first" });
    assertEquals(await storedTexts(database), ["a", "c"]);
    await dropUpload(database, { datasetId, uploadId: "second" });
    assertEquals(await storedTexts(database), ["a"]);
  },
);

testWithDatabase("dropBrokenUploads() removes uploads that began before", async (database) => {
  const { id: datasetId } = await makeDataset(database);
  await addTexts(database, datasetId, [["old", "cats"]]);
  await upload(database, datasetId, { uploadId: "first", texts: ["a", "b"] });
  await dropBrokenUploads(database, { olderThanMs: 60_000 });
  assertEquals(await storedTexts(database), ["a", "b", "old"]);
  await dropBrokenUploads(database);
  assertEquals(await storedTexts(database), ["old"]);
});
