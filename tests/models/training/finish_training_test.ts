import { assertEquals, assertRejects } from "@std/assert";
import { listEvents } from "../../../lib/storage/jobs/job_events.ts";
import { claimJob } from "../../../lib/storage/jobs/job_queue.ts";
import { readJob } from "../../../lib/storage/jobs/jobs.ts";
import { findModel } from "../../../lib/storage/models/stored_models.ts";
import { JobReport } from "../../../models/jobs/job_report.ts";
import { finishTraining } from "../../../models/training/finish_training.ts";
import { NO_BASE } from "../../../models/training/training_base.ts";
import { CLAIM } from "../../lib/storage/storage_fixtures.ts";
import { NAMES, TRAINED } from "./trained_fixture.ts";
import { addJob, fillDataset, makePairs, openTestStation } from "./training_fixtures.ts";

async function finish({ signal = new AbortController().signal, publish = true } = {}) {
  await using station = await openTestStation();
  const { database } = station;
  await addJob(database, await fillDataset(database, makePairs(4)));
  const claimed = await claimJob(database, CLAIM);
  if (!claimed) throw new TypeError("There must be a job");
  const report = new JobReport(database, { lease: claimed.lease, onFault() {} });
  const outcome = await Promise.allSettled([
    finishTraining(station, { ...claimed, signal, report }, {
      trained: TRAINED,
      weights: TRAINED.head,
      facts: { ...NAMES, base: NO_BASE, input: { kind: "vector", length: 4 } },
      started: performance.now(),
      publish,
      pack: (card) => ({ head: TRAINED.head, card: { ...card } }),
    }),
  ]);
  const jobId = claimed.job.id;
  const events = await listEvents(database, { jobId, after: 0, limit: 100 });
  return {
    outcome: outcome[0],
    events: events.map(({ message }) => message),
    status: (await readJob(database, jobId)).status,
    model: await findModel(database, claimed.job.resultModel),
  };
}

Deno.test("finishTraining() tells the warnings, saves the version and publishes it", async () => {
  const { outcome, events, status, model } = await finish();
  assertEquals(outcome?.status, "fulfilled");
  assertEquals(events.slice(0, 4), ["few", "imbalanced", "near", "confused"]);
  assertEquals(events.at(-1), "Saved version 1 of made");
  assertEquals([status, model?.labels], ["succeeded", { stable: 1 }]);
  assertEquals(model?.versions[0]?.card.labels, NAMES.classNames);
});

Deno.test("finishTraining() leaves the label where the job does not want it moved", async () => {
  const { model } = await finish({ publish: false });
  assertEquals([model?.labels, model?.versions.length], [{}, 1]);
});

Deno.test("finishTraining() saves nothing once its signal has aborted", async () => {
  const { outcome, status, model } = await finish({ signal: AbortSignal.abort(new Error("gone")) });
  await assertRejects(
    () => outcome?.status === "rejected" ? Promise.reject(outcome.reason) : Promise.resolve(),
    Error,
    "gone",
  );
  assertEquals([status, model], ["running", undefined]);
});
