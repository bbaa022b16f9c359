import { assert, assertEquals } from "@std/assert";
import * as tf from "@tensorflow/tfjs-core";
import { openSqliteDatabase } from "../../../lib/storage/sqlite_database.ts";
import { claimJob } from "../../../lib/storage/jobs/job_queue.ts";
import { JobReport } from "../../../models/jobs/job_report.ts";
import { ModelRegistry } from "../../../models/model_registry.ts";
import { startInferencePool } from "../../../models/pool/start_pool.ts";
import { runTraining } from "../../../models/training/training_line.ts";
import { CLAIM } from "../../lib/storage/storage_fixtures.ts";
import { ENTRY } from "../../routes/test_app.ts";
import { createMemorySource, makeKnown } from "../memory_source.ts";
import { loadEngineModules, makeTinyArtifact, readFixture } from "../tiny_model.ts";
import { addJob, fillDataset } from "./training_fixtures.ts";

const JOBS = 100;
const WARM_UP_JOBS = 20;
const GROWTH_MEBIBYTES_MAX = 32;
const PICTURES = ["baseline.jpg", "progressive.jpg", "alpha.png", "alpha.webp"];

Deno.test(`${JOBS} jobs leave no tensor behind, and no memory`, async () => {
  await using database = await openSqliteDatabase(":memory:");
  const options = { size: 1, queueMax: 4, taskTimeoutMs: 10_000, workers: false };
  const pool = await startInferencePool(await loadEngineModules(), options);
  const { backbone } = makeTinyArtifact();
  const source = createMemorySource([makeKnown({ ...ENTRY, labels: ["a", "b", "c"] })], {
    read: () => Promise.resolve({ backbone, labels: ["a", "b", "c"] }),
  });
  const station = {
    database,
    pool,
    models: new ModelRegistry([source], { pool, loadedMax: 1 }),
    pixelsMax: 10_000_000,
    modelLimits: { modelsMax: 1, versionsMax: JOBS },
  };
  const samples = PICTURES.map((name, index) =>
    [readFixture(name), index % 2 === 0 ? "even" : "odd"] as const
  );
  const dataset = await fillDataset(database, samples);
  let tensors = 0;
  let bytes = 0;
  for (let number = 1; number <= JOBS; number++) {
    // Other views again and again, so that jobs embed as well as train.
    await addJob(database, dataset, { hyperparameters: { seed: number, augment: number % 17 } });
    const claimed = await claimJob(database, CLAIM);
    if (!claimed) throw new TypeError("There must be a job");
    const report = new JobReport(database, { lease: claimed.lease, onFault() {} });
    const { signal } = new AbortController();
    const { version } = await runTraining(station, { ...claimed, signal, report });
    assertEquals(version, number);
    if (number === 1) tensors = tf.memory().numTensors;
    if (number === WARM_UP_JOBS) bytes = Deno.memoryUsage().rss;
  }
  assertEquals(tf.memory().numTensors, tensors);
  const growth = (Deno.memoryUsage().rss - bytes) / 2 ** 20;
  assert(growth <= GROWTH_MEBIBYTES_MAX, `${JOBS - WARM_UP_JOBS} jobs took ${growth} MiB`);
  pool.close();
});
