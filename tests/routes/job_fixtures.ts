/** Jobs over HTTP, for tests. */
import { assertEquals } from "@std/assert";
import { JobRunner } from "../../models/jobs/job_runner.ts";
import type { InferenceResult, InferenceTask } from "../../models/inference_task.ts";
import type { Services } from "../../routes/services.ts";
import { FAKE_RESULT } from "../models/pool/fake_executor.ts";
import { createDatasetApp, sendJson } from "./dataset_fixtures.ts";
import type { TestApp } from "./test_app.ts";

export const JOBS = "/v1/fine_tuning/jobs";

/** Features that follow from a text: its length and its first letter. */
export function embedText({ input, query }: InferenceTask): Promise<InferenceResult> {
  const text = input.kind === "text" ? input.text : "";
  if (query.verb !== "embed") return Promise.resolve(FAKE_RESULT);
  const embedding = Float32Array.of(text.length, text.charCodeAt(0), 0, 1);
  return Promise.resolve({ ...FAKE_RESULT, answer: { verb: "embed", embedding } });
}

/** Makes a dataset of short and long texts, which the model `letters` can be trained on. */
export async function makeTexts(test: TestApp, name = "texts", count = 20): Promise<void> {
  await sendJson(test, "/v1/datasets", { body: { name, kind: "text" } });
  const lines = Array.from({ length: count }, (_, index) => {
    const text = "abcdefgh".slice(0, index % 2 === 0 ? 2 : 6) + String.fromCharCode(97 + index);
    return JSON.stringify({ class: index % 2 === 0 ? "short" : "long", text });
  });
  const added = await test.app.request(`/v1/datasets/${name}/samples`, {
    method: "POST",
    body: lines.join("\n"),
    headers: { "Content-Type": "application/x-ndjson" },
  });
  assertEquals((await added.json()).accepted, count);
}

/** An app whose jobs are run. */
export async function createJobApp(
  environment: Record<string, string> = {},
  services: Partial<Services> = {},
) {
  const test = await createDatasetApp(environment, { ...services, behaviour: { run: embedText } });
  const { database, models, pool } = test;
  const modelLimits = { modelsMax: 10, versionsMax: 10 };
  const runner = new JobRunner(
    { database, models, pool, pixelsMax: 1, modelLimits },
    { concurrentMax: 1, owner: "test" },
  );
  return {
    ...test,
    runner,
    async [Symbol.asyncDispose]() {
      await runner.stop();
      await test[Symbol.asyncDispose]();
    },
  };
}

/** Asks for a job until it has ended. */
export async function waitForEnd({ app }: TestApp, id: string) {
  for (let attempt = 0; attempt < 3_000; attempt++) {
    const job = await (await app.request(`${JOBS}/${id}`)).json();
    if (["succeeded", "failed", "cancelled"].includes(job.status)) return job;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`Job ${id} does not end`);
}
