import { assertEquals } from "@std/assert";
import { hashBytes } from "../../../../lib/storage/blobs.ts";
import { relabelSample } from "../../../../lib/storage/datasets/samples.ts";
import { listJobSamples } from "../../../../lib/storage/jobs/job_samples.ts";
import { addTexts, encode, makeDataset, makeJob } from "../storage_fixtures.ts";
import { testWithDatabase } from "../test_databases.ts";

testWithDatabase(
  "listJobSamples() gives the classes of the time the job was made",
  async (database) => {
    const { id: datasetId } = await makeDataset(database);
    const [outcome] = await addTexts(database, datasetId, [["b", "cats"], ["a", "dogs"]]);
    const sampleId = outcome?.status === "accepted" ? outcome.id : "";
    const job = await makeJob(database, datasetId);
    await relabelSample(database, { datasetId, sampleId, class: "birds", classesMax: 9 });
    const samples = await listJobSamples(database, job.id);
    assertEquals(samples[0], {
      sampleId,
      sha256: hashBytes(encode("b")),
      class: "cats",
      name: "b.txt",
    });
    assertEquals(samples.length, 2);
    assertEquals(await listJobSamples(database, "none"), []);
  },
);
