import { assert, assertEquals } from "@std/assert";
import type { Job } from "../../lib/storage/jobs/job.ts";
import {
  describeCheckpoint,
  describeEvent,
  describeJob,
  readEventId,
} from "../../routes/describe_job.ts";
import { checkpointSchema, jobEventSchema, jobSchema } from "../../routes/job_schemas.ts";

const JOB: Job = {
  id: "ftjob-1",
  status: "running",
  model: "tiny",
  dataset: "pets",
  datasetHash: "ab",
  resultModel: "mine",
  resultVersion: null,
  hyperparameters: { seed: 2, publish: false, l2: 1 },
  progress: { stage: "embedding", done: 1, total: 4, remainingMs: 5_000 },
  error: null,
  cancelRequested: false,
  attempts: 1,
  lastEvent: 3,
  createdAt: 1_700_000_000_999,
  startedAt: 1_700_000_001_000,
  finishedAt: null,
};

Deno.test("describeJob() tells how far a job is and when it might end", () => {
  const body = jobSchema.parse(describeJob(JOB, "http://host"));
  assertEquals([body.created_at, body.started_at, body.finished_at], [
    1_700_000_000,
    1_700_000_001,
    null,
  ]);
  assertEquals(body.progress, { stage: "embedding", done: 1, total: 4, remaining_ms: 5_000 });
  assert(Math.abs((body.estimated_finish ?? 0) - (Date.now() / 1000 + 5)) < 5);
  assertEquals([body.seed, body.hyperparameters], [2, { l2: 1 }]);
  assertEquals([body.fine_tuned_model, "classify" in body.urls], [null, false]);
});

Deno.test("describeJob() puts hyperparameters under the method", () => {
  const supervised = describeJob(JOB, "http://host");
  assertEquals(supervised.method, {
    type: "supervised",
    supervised: { hyperparameters: { l2: 1 } },
  });
  const hyperparameters = { method: "all_layers", seed: 2, publish: true, clip_norm: 1 };
  const all = jobSchema.parse(describeJob({ ...JOB, hyperparameters }, "http://host"));
  assertEquals(all.method, {
    type: "all_layers",
    all_layers: { hyperparameters: { clip_norm: 1 } },
  });
  assertEquals(all.hyperparameters, { clip_norm: 1 });
});

Deno.test("describeJob() gives the model and its addresses once there is a version", () => {
  const done: Job = { ...JOB, status: "succeeded", resultVersion: 3, finishedAt: JOB.createdAt };
  const body = describeJob(done, "http://host");
  assertEquals([body.fine_tuned_model, body.version], ["mine", 3]);
  assertEquals(body.urls.classify, "http://host/v1/models/mine:classify");
  assertEquals(body.urls.version, "http://host/v1/models/mine/versions/3");
  assertEquals([body.estimated_finish, body.progress?.done], [null, 4]);
});

Deno.test("describeJob() gives the reason of a failure", () => {
  const error = { code: "invalid_value", message: "wrong", param: "seed" };
  const body = describeJob({ ...JOB, status: "failed", error, progress: null }, "http://host");
  assertEquals([body.error, body.progress], [error, null]);
});

Deno.test("describeEvent() has an id that readEventId() reads", () => {
  const event = describeEvent({
    sequence: 12,
    createdAt: 1_700_000_000_000,
    level: "info",
    type: "metrics",
    message: "Epoch 1",
    data: { step: 1 },
  });
  assertEquals(jobEventSchema.parse(event), event);
  assertEquals(readEventId(event.id), 12);
  assertEquals(["12", "x", "ftevent-", "-1", ""].map(readEventId), [
    12,
    ...Array(4).fill(undefined),
  ]);
});

Deno.test("describeCheckpoint() names the job and the step", () => {
  const checkpoint = describeCheckpoint("ftjob-1", { step: 5, createdAt: 0, metrics: { a: 1 } });
  assertEquals(checkpointSchema.parse(checkpoint), checkpoint);
  assertEquals([checkpoint.id, checkpoint.step_number], ["ftckpt-1-5", 5]);
});
