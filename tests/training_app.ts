/** The whole service with the models that ship, real workers, and jobs that run. */
import { readConfig } from "../lib/config/config.ts";
import type { OpenDatabase } from "../lib/storage/database.ts";
import { createModelTransfers } from "../models/archive/model_transfers.ts";
import { JobRunner } from "../models/jobs/job_runner.ts";
import { ModelRegistry } from "../models/model_registry.ts";
import { InferencePool } from "../models/pool/inference_pool.ts";
import { spawnWorkerExecutor } from "../models/pool/worker_executor.ts";
import { createShippedSource } from "../models/shipped/shipped_source.ts";
import { createStoredSource } from "../models/stored/stored_source.ts";
import { type App, createApp } from "../routes/app.ts";
import { loadEngineModules } from "./models/tiny_model.ts";
import { completeServices } from "./test_services.ts";

const WEIGHTS = new URL("../weights/", import.meta.url).pathname;

/** Whoever opened the database closes it. */
export interface TrainingApp extends AsyncDisposable {
  app: App;
}

export async function createTrainingApp(database: OpenDatabase): Promise<TrainingApp> {
  const modules = await loadEngineModules();
  const limits = readConfig({ REQUEST_TIMEOUT_MS: "120000" });
  const pool = await InferencePool.start({
    size: 1,
    queueMax: 1_000,
    taskTimeoutMs: 60_000,
    spawn: () => spawnWorkerExecutor(modules),
  });
  const fixed = [await createShippedSource(WEIGHTS)];
  const stored = createStoredSource(database, { fixed });
  const models = new ModelRegistry([...fixed, stored], { pool, loadedMax: 8 });
  const modelLimits = { modelsMax: 20, versionsMax: 20 };
  const runner = new JobRunner(
    { database, models, pool, pixelsMax: 1, modelLimits },
    { concurrentMax: 1, owner: "test" },
  );
  await runner.start();
  const app = createApp(
    await completeServices({
      models,
      pool,
      database,
      transfers: createModelTransfers({ tfjs: modules.tfjs, timeoutMs: 60_000, concurrentMax: 1 }),
      limits,
    }),
  );
  return {
    app,
    async [Symbol.asyncDispose]() {
      await runner.stop();
      stored[Symbol.dispose]();
      pool.close();
    },
  };
}

export interface Answer {
  status: number;
  // deno-lint-ignore no-explicit-any -- answers are JSON
  body: any;
}

/** Calls a route; an object is sent as JSON. */
export async function call(
  { app }: TrainingApp,
  path: string,
  { method = "POST", body, type = "application/json" }: {
    method?: string;
    body?: unknown;
    type?: string;
  } = {},
): Promise<Answer> {
  const response = await app.request(path, {
    method,
    ...(body === undefined ? {} : {
      body: typeof body === "string" ? body : JSON.stringify(body),
      headers: { "Content-Type": type },
    }),
  });
  return { status: response.status, body: await response.json() };
}

/** Makes a dataset out of lines of NDJSON or CSV. */
export async function makeDataset(
  test: TrainingApp,
  { name, kind, body, type = "application/x-ndjson" }: {
    name: string;
    kind: string;
    body: string;
    type?: string;
  },
): Promise<number> {
  await call(test, "/v1/datasets", { body: { name, kind } });
  const added = await call(test, `/v1/datasets/${name}/samples`, { body, type });
  return added.body.accepted;
}

/** Orders a job and waits for its end; the answer where it is refused. */
export async function train(test: TrainingApp, body: Record<string, unknown>): Promise<Answer> {
  const ordered = await call(test, "/v1/fine_tuning/jobs", { body });
  if (ordered.status !== 201) return ordered;
  for (;;) {
    const path = `/v1/fine_tuning/jobs/${ordered.body.id}`;
    const { status, body } = await call(test, path, { method: "GET" });
    if (body.finished_at !== null) return { status, body };
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** The method that trains all layers. */
export function allLayers(hyperparameters: Record<string, unknown> = {}) {
  return { method: { type: "all_layers", all_layers: { hyperparameters } } };
}
