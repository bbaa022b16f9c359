import { assert, assertEquals, assertRejects } from "@std/assert";
import { listCheckpoints } from "../../../lib/storage/jobs/job_checkpoints.ts";
import { listEvents } from "../../../lib/storage/jobs/job_events.ts";
import { claimJob } from "../../../lib/storage/jobs/job_queue.ts";
import { readEvaluation, readJob } from "../../../lib/storage/jobs/jobs.ts";
import { findModel, listModelFiles, readHead } from "../../../lib/storage/models/stored_models.ts";
import { ServiceError } from "../../../lib/service_error.ts";
import { decodeHead } from "../../../models/heads/head_bytes.ts";
import { JobReport } from "../../../models/jobs/job_report.ts";
import { runTraining } from "../../../models/training/training_line.ts";
import { CLAIM } from "../../lib/storage/storage_fixtures.ts";
import {
  addJob,
  BROKEN_BYTE,
  fillDataset,
  makePairs,
  makeVectorPairs,
  openTestStation,
  type TestStation,
} from "./training_fixtures.ts";

type Samples = Parameters<typeof fillDataset>[1];

async function runLine(
  station: TestStation,
  samples: Samples,
  { kind = "image", ...job }: Parameters<typeof addJob>[2] & { kind?: "image" | "vector" } = {},
) {
  const { database } = station;
  const name = `set-${crypto.randomUUID().slice(0, 8)}`;
  const added = await addJob(database, await fillDataset(database, samples, { name, kind }), job);
  const claimed = await claimJob(database, CLAIM);
  if (!claimed) throw new TypeError("There must be a job");
  const { signal } = new AbortController();
  const report = new JobReport(database, { lease: claimed.lease, onFault() {} });
  const published = await runTraining(station, { ...claimed, signal, report });
  const events = await listEvents(database, { jobId: added.id, after: 0, limit: 100 });
  return {
    published,
    events: events.map(({ message }) => message),
    job: await readJob(database, added.id),
    evaluation: await readEvaluation(database, added.id),
    model: await findModel(database, published.model),
    head: await readHead(database, published),
  };
}

Deno.test("runTraining() makes a version out of a frozen dataset and publishes it", async () => {
  await using station = await openTestStation();
  const made = await runLine(station, makePairs(40), { hyperparameters: { seed: 7 } });
  assertEquals(made.published, { model: "made", version: 1 });
  assertEquals([made.job.status, made.job.resultVersion], ["succeeded", 1]);
  assertEquals(made.model?.labels, { stable: 1 });
  const head = decodeHead(made.head ?? new Uint8Array());
  assertEquals([head.layers[0]?.inputs, head.layers[0]?.units], [4, 2]);
  // deno-lint-ignore no-explicit-any -- a card is JSON
  const card = made.model?.versions[0]?.card as any;
  assertEquals(card.labels, ["high", "low"]);
  assertEquals(card.metrics.values.accuracy, 1);
  assertEquals(card.origin.dataset, {
    name: made.job.dataset,
    sha256: made.job.datasetHash,
    samples: 40,
    classes: 2,
  });
  assertEquals([card.origin.seed, card.origin.hyperparameters.batch_size], [7, 32]);
  assertEquals(card.origin.base.model, "tiny");
  assertEquals(made.evaluation?.judged_by, "validation");
  const files = await listModelFiles(station.database, made.published);
  assertEquals(files.map(({ path }) => path), ["detector.bin"]);
  const [checkpoint] = await listCheckpoints(station.database, made.job.id);
  assertEquals(checkpoint?.step, made.evaluation?.epoch);
  assertEquals(checkpoint?.metrics.valid_accuracy, 1);
  assertEquals(made.events.slice(0, 2), ["Validating 40 samples", "Embedding 40 samples"]);
  assertEquals(made.events.at(-1), "Saved version 1 of made");
});

Deno.test("runTraining() gives the same weights for the same dataset, seed and options", async () => {
  await using station = await openTestStation();
  const job = { hyperparameters: { optimizer: "adam", hidden: [3], seed: 5, epochs: 5 } };
  const first = await runLine(station, makePairs(20), job);
  const second = await runLine(station, makePairs(20), job);
  assertEquals(second.head, first.head);
  assertEquals(second.published.version, 2);
  const other = await runLine(station, makePairs(20), {
    hyperparameters: { ...job.hyperparameters, seed: 6 },
  });
  assert(other.head?.some((byte, index) => byte !== first.head?.[index]));
});

Deno.test("runTraining() embeds one sample when one was added", async () => {
  await using station = await openTestStation();
  await runLine(station, makePairs(40));
  await runLine(station, makePairs(41), { hyperparameters: { publish: false } });
  assertEquals(station.executors[0]?.tasks.length, 41);
  assertEquals((await findModel(station.database, "made"))?.labels, { stable: 1 });
});

Deno.test("runTraining() trains on vectors without a backbone", async () => {
  await using station = await openTestStation();
  const made = await runLine(station, makeVectorPairs(30), { kind: "vector", model: "none" });
  assertEquals(station.executors[0]?.tasks, []);
  const [version] = made.model?.versions ?? [];
  assertEquals(version?.backboneSha256, null);
  assertEquals(version?.card.input, { kind: "vector", length: 4 });
});

Deno.test("runTraining() leaves broken samples out and warns of them", async () => {
  await using station = await openTestStation();
  const broken = [Uint8Array.of(BROKEN_BYTE, 9), "low"] as const;
  const made = await runLine(station, [...makePairs(30), broken]);
  assert(made.events.some((message) => message.startsWith('Left out "30.bin": Cannot decode')));
});

Deno.test("runTraining() refuses a dataset of one class, and publishes nothing", async () => {
  await using station = await openTestStation();
  const one = makePairs(10).filter(([, name]) => name === "low");
  const error = await assertRejects(() => runLine(station, one), ServiceError, "2 classes");
  assertEquals([error.code, error.param], ["invalid_value", "training_file"]);
  assertEquals(await findModel(station.database, "made"), undefined);
});

Deno.test("runTraining() publishes nothing once it has lost its lease", async () => {
  await using station = await openTestStation();
  const { database } = station;
  await addJob(database, await fillDataset(database, makePairs(20)));
  const claimed = await claimJob(database, { ...CLAIM, leaseMs: 0 });
  await claimJob(database, CLAIM);
  if (!claimed) throw new TypeError("There must be a job");
  const report = new JobReport(database, { lease: claimed.lease, onFault() {} });
  const { signal } = new AbortController();
  const run = () => runTraining(station, { ...claimed, signal, report });
  assertEquals((await assertRejects(run, ServiceError)).code, "lease_lost");
  assertEquals(await findModel(database, "made"), undefined);
});
