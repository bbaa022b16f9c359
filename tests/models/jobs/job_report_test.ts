import { assert, assertEquals, assertRejects } from "@std/assert";
import { ServiceError } from "../../../lib/service_error.ts";
import { finishJob } from "../../../lib/storage/jobs/finish_job.ts";
import { listCheckpoints } from "../../../lib/storage/jobs/job_checkpoints.ts";
import { listEvents } from "../../../lib/storage/jobs/job_events.ts";
import { claimJob } from "../../../lib/storage/jobs/job_queue.ts";
import { readJob } from "../../../lib/storage/jobs/jobs.ts";
import { JobReport } from "../../../models/jobs/job_report.ts";
import { CLAIM } from "../../lib/storage/storage_fixtures.ts";
import { addJob, fillDataset, makePairs, openTestStation } from "../training/training_fixtures.ts";

async function openReport() {
  const station = await openTestStation();
  const { database } = station;
  const { id } = await addJob(database, await fillDataset(database, makePairs(4)));
  const claimed = await claimJob(database, CLAIM);
  if (!claimed) throw new TypeError("There must be a job");
  const faults: unknown[] = [];
  const { lease } = claimed;
  return {
    database,
    lease,
    faults,
    report: new JobReport(database, { lease, onFault: (error) => void faults.push(error) }),
    read: () => readJob(database, id),
    listMessages: async () =>
      (await listEvents(database, { jobId: id, after: 0, limit: 100 }))
        .map(({ message, level, type }) => `${level} ${type} ${message}`),
    [Symbol.asyncDispose]: () => station[Symbol.asyncDispose](),
  };
}

function endWith(report: JobReport, message: string): Promise<void> {
  return report.end(() => Promise.resolve(), { describe: () => message });
}

Deno.test("JobReport writes events, progress and checkpoints in their order", async () => {
  await using test = await openReport();
  const { report } = test;
  report.enter({ stage: "validating_files", total: 4 });
  report.enter({ stage: "embedding", total: 4 });
  report.advance({ done: 1 });
  report.advance({ done: 3, embedded: 3 });
  report.warn("careful");
  const metrics = { train_loss: 1 };
  report.epoch({ epoch: 2, metrics, head: Uint8Array.of(1) });
  await endWith(report, "over");
  assertEquals(await test.listMessages(), [
    "info message Validating 4 samples",
    "info message Embedding 4 samples",
    "info message Embedded 4 of 4",
    "warn message careful",
    "info metrics Epoch 2",
    "info message over",
  ]);
  const checkpoints = await listCheckpoints(test.database, test.lease.jobId);
  assertEquals(checkpoints.map(({ step, metrics }) => [step, metrics]), [[2, metrics]]);
});

Deno.test("JobReport gives the stage, what is done of it, and the time that remains", async () => {
  await using test = await openReport();
  test.report.enter({ stage: "validating_files", total: 4 });
  await endWith(test.report, "");
  assertEquals((await test.read()).status, "validating_files");
  test.report.enter({ stage: "embedding", total: 8 });
  await endWith(test.report, "");
  const { status, progress } = await test.read();
  const started = { stage: "embedding", done: 0, total: 8, remainingMs: null };
  assertEquals([status, progress], ["running", started]);
  await new Promise((resolve) => setTimeout(resolve, 600));
  test.report.advance({ done: 2, embedded: 1 });
  await endWith(test.report, "");
  const { done, remainingMs } = (await test.read()).progress ?? {};
  assertEquals(done, 2);
  // Six more at 0.6 s each.
  assert(remainingMs && remainingMs > 3_500 && remainingMs < 10_000, `${remainingMs}`);
});

Deno.test("JobReport.end() ends the job together with its last event", async () => {
  await using test = await openReport();
  const outcome = { status: "cancelled" } as const;
  await test.report.end(
    (transaction) => finishJob(transaction, { lease: test.lease, outcome }),
    { describe: () => "Cancelled", level: "warn" },
  );
  assertEquals((await test.read()).status, "cancelled");
  assertEquals(await test.listMessages(), ["warn message Cancelled"]);
});

Deno.test("JobReport tells once that it cannot write, and writes no more", async () => {
  await using test = await openReport();
  await finishJob(test.database, { lease: test.lease, outcome: { status: "cancelled" } });
  test.report.enter({ stage: "embedding", total: 4 });
  test.report.warn("never written");
  const error = await assertRejects(() => endWith(test.report, "over"), ServiceError);
  assertEquals(error.code, "lease_lost");
  assertEquals(test.faults, [error]);
  assertEquals(await test.listMessages(), ["info message Embedding 4 samples"]);
});
