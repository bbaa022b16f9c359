import { assertEquals } from "@std/assert";
import { toJob } from "../../../../lib/storage/jobs/job.ts";

Deno.test("toJob() reads the JSON columns and the flag", () => {
  const row = {
    id: "ftjob-1",
    status: "failed" as const,
    model: "edge-cnn",
    dataset: "pets",
    datasetHash: "hash",
    resultModel: "pets-model",
    resultVersion: null,
    cancelRequested: 1,
    attempts: 2,
    lastEvent: 3,
    createdAt: 4,
    startedAt: 5,
    finishedAt: 6,
  };
  const error = { code: "internal_error", message: "It broke", param: null };
  const job = toJob({
    ...row,
    hyperparametersJson: '{"epochs":5}',
    progressJson: null,
    errorJson: JSON.stringify(error),
  });
  assertEquals(job, {
    ...row,
    hyperparameters: { epochs: 5 },
    progress: null,
    error,
    cancelRequested: true,
  });
});
