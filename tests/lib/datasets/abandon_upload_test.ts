import { assertEquals } from "@std/assert";
import { abandonUpload } from "../../../lib/datasets/abandon_upload.ts";
import type { OpenDatabase } from "../../../lib/storage/database.ts";
import { addSamples } from "../../../lib/storage/datasets/add_samples.ts";
import {
  DATASET_LIMITS,
  makeDataset,
  storedTexts,
  textSample,
} from "../storage/storage_fixtures.ts";
import { testWithDatabase } from "../storage/test_databases.ts";

/** The same database, whose first transactions fail. */
function failing(database: OpenDatabase, faults: Error[]): OpenDatabase & { faults: Error[] } {
  return {
    ...database,
    faults,
    transact(work) {
      const fault = faults.shift();
      return fault ? Promise.reject(fault) : database.transact(work);
    },
  };
}

async function startUpload(database: OpenDatabase) {
  const { id: datasetId } = await makeDataset(database);
  const upload = { datasetId, uploadId: "upload" };
  const samples = [textSample("a", "cats")];
  await addSamples(database, { ...upload, samples, limits: DATASET_LIMITS });
  return upload;
}

testWithDatabase(
  "abandonUpload() removes the samples once the database is back",
  async (database) => {
    const upload = await startUpload(database);
    const away = Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" });
    await abandonUpload(failing(database, [away, away]), upload);
    assertEquals(await storedTexts(database), ["a"]);
    for (const ends = performance.now() + 10_000; performance.now() < ends;) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      if ((await storedTexts(database)).length === 0) return;
    }
    throw new Error("The samples are still there");
  },
);

testWithDatabase("abandonUpload() tries other faults only once", async (database) => {
  const upload = await startUpload(database);
  const broken = failing(database, [new TypeError("bug"), new TypeError("bug")]);
  await abandonUpload(broken, upload);
  await new Promise((resolve) => setTimeout(resolve, 400));
  assertEquals(broken.faults.length, 1);
});
