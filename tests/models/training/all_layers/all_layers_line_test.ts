import { assert, assertEquals, assertRejects } from "@std/assert";
import { encodeSeries } from "../../../../lib/datasets/encode_values.ts";
import { ServiceError } from "../../../../lib/service_error.ts";
import { listCheckpoints } from "../../../../lib/storage/jobs/job_checkpoints.ts";
import { listEvents } from "../../../../lib/storage/jobs/job_events.ts";
import { claimJob } from "../../../../lib/storage/jobs/job_queue.ts";
import { readEvaluation, readJob } from "../../../../lib/storage/jobs/jobs.ts";
import { findModel, listModelFiles } from "../../../../lib/storage/models/stored_models.ts";
import { JobReport } from "../../../../models/jobs/job_report.ts";
import {
  listPlan,
  readPlan,
  resolveTraining,
} from "../../../../models/training/training_method.ts";
import { runAllLayersLine } from "../../../../models/training/all_layers/all_layers_line.ts";
import { CLAIM } from "../../../lib/storage/storage_fixtures.ts";
import { addJob, fillDataset, openTestStation, type TestStation } from "../training_fixtures.ts";

type Samples = Parameters<typeof fillDataset>[1];

/** Series of one channel and 3 to 5 steps that rise or fall. */
function makeSeries(count: number): Samples {
  return Array.from({ length: count }, (_, index) => {
    const slope = index % 2 === 0 ? 1 : -1;
    const steps = Array.from({ length: 3 + index % 3 }, (_, step) => [slope * step + index / 100]);
    return [encodeSeries(steps), slope > 0 ? "rising" : "falling"] as const;
  });
}

async function runLine(station: TestStation, samples: Samples) {
  const { database } = station;
  const layers = [{ type: "gru", units: 4 } as const];
  const plan = resolveTraining({
    method: "all_layers",
    kind: "series",
    layers,
    epochs: 40,
    learningRate: 0.03,
  });
  const added = await addJob(database, await fillDataset(database, samples, { kind: "series" }), {
    model: "none",
    hyperparameters: listPlan(plan),
  });
  const claimed = await claimJob(database, CLAIM);
  if (!claimed) throw new TypeError("There must be a job");
  const { signal } = new AbortController();
  const report = new JobReport(database, { lease: claimed.lease, onFault() {} });
  const kept = readPlan(claimed.job.hyperparameters);
  assert(kept.method === "all_layers");
  const published = await runAllLayersLine(station, { ...claimed, signal, report }, kept);
  return { added, published };
}

Deno.test("runAllLayersLine() makes a version with a network of its own and publishes it", async () => {
  await using station = await openTestStation();
  const { database } = station;
  const broken = [encodeSeries([[1, 2]]), "rising"] as const;
  const { added, published } = await runLine(station, [...makeSeries(40), broken]);
  assertEquals(published, { model: "made", version: 1 });
  const job = await readJob(database, added.id);
  assertEquals([job.status, job.resultVersion], ["succeeded", 1]);
  const files = await listModelFiles(database, published);
  assertEquals(files.map(({ path }) => path), ["network/model.json", "network/weights.bin"]);
  const model = await findModel(database, "made");
  assertEquals(model?.labels, { stable: 1 });
  // deno-lint-ignore no-explicit-any -- a card is JSON
  const card = model?.versions[0]?.card as any;
  assertEquals(card.input, { kind: "series", channels: 1, stepsMax: 1_000_000 });
  assertEquals([card.origin.method, card.origin.base.model], ["all_layers", "none"]);
  assertEquals(card.origin.hyperparameters.layers, [{ type: "gru", units: 4 }]);
  assertEquals(card.metrics.values.accuracy, 1);
  assertEquals((await readEvaluation(database, added.id))?.judged_by, "validation");
  assert((await listCheckpoints(database, added.id)).length > 0);
  const events = await listEvents(database, { jobId: added.id, after: 0, limit: 100 });
  const messages = events.map(({ message }) => message);
  assertEquals(messages[1], "Reading 41 samples");
  assert(messages.some((message) => message.startsWith('Left out "40.bin": Cannot use series')));
  assertEquals(messages.at(-1), "Saved version 1 of made");
});

Deno.test("runAllLayersLine() refuses samples of one class, and publishes nothing", async () => {
  await using station = await openTestStation();
  const one = makeSeries(9).filter(([, name]) => name === "rising");
  const error = await assertRejects(() => runLine(station, one), ServiceError, "2 classes");
  assertEquals([error.code, error.param], ["invalid_value", "training_file"]);
  assertEquals(await findModel(station.database, "made"), undefined);
});
