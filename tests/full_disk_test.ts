/** Starts the service on what a killed process left behind, while nothing can be written. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { addSamples } from "../lib/storage/datasets/add_samples.ts";
import { claimJob } from "../lib/storage/jobs/job_queue.ts";
import { DATABASE_FILE, openDatabase } from "../lib/storage/open_database.ts";
import {
  addTexts,
  CLAIM,
  DATASET_LIMITS,
  makeDataset,
  makeJob,
  textSample,
} from "./lib/storage/storage_fixtures.ts";
import { makeDataDir, startServer } from "./server_process.ts";

/** Makes a statement fail as it does when the disk is full. */
function forbid(dataDir: string, statement: string): void {
  const file = new DatabaseSync(join(dataDir, DATABASE_FILE));
  file.exec(`create trigger no_room before ${statement} begin
    select raise(abort, 'database or disk is full'); end`);
  file.close();
}

async function startAndList(dataDir: string): Promise<{ status: number; output: string }> {
  await using server = await startServer(dataDir, { WORKERS: "1", LOG_LEVEL: "warning" });
  const { status, body } = await fetch(`${server.url}/v1/datasets`);
  await body?.cancel();
  await server.stop();
  return { status, output: server.output() };
}

Deno.test("a service starts although it cannot remove what is left of an upload", async () => {
  await using dataDir = await makeDataDir();
  {
    await using database = await openDatabase({ dataDir: dataDir.path });
    const { id: datasetId } = await makeDataset(database);
    const samples = [textSample("left", "cats")];
    await addSamples(database, { datasetId, samples, limits: DATASET_LIMITS, uploadId: "upload" });
  }
  forbid(dataDir.path, "delete on samples");
  const { status, output } = await startAndList(dataDir.path);
  assertEquals(status, 200);
  assertStringIncludes(output, "Cannot remove what is left of uploads");
});

Deno.test("a service starts although it cannot end the lease of a job", async () => {
  await using dataDir = await makeDataDir();
  {
    await using database = await openDatabase({ dataDir: dataDir.path });
    const { id } = await makeDataset(database);
    await addTexts(database, id, [["a", "cats"]]);
    await makeJob(database, id);
    await claimJob(database, CLAIM);
  }
  forbid(dataDir.path, "update on jobs");
  const { status, output } = await startAndList(dataDir.path);
  assertEquals(status, 200);
  assertStringIncludes(output, "Cannot end the leases");
});
