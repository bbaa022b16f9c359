/** The service over a database of a test, with real workers and a tiny base model. */
import { readConfig } from "../lib/config/config.ts";
import type { OpenDatabase } from "../lib/storage/database.ts";
import { createModelTransfers } from "../models/archive/model_transfers.ts";
import { ModelRegistry } from "../models/model_registry.ts";
import { InferencePool } from "../models/pool/inference_pool.ts";
import { spawnWorkerExecutor } from "../models/pool/worker_executor.ts";
import { createStoredSource } from "../models/stored/stored_source.ts";
import { type App, createApp } from "../routes/app.ts";
import { makeBaseSource } from "./models/stored/stored_fixtures.ts";
import { loadEngineModules } from "./models/tiny_model.ts";
import { completeServices } from "./test_services.ts";

/** One replica. Whoever opened the database closes it. */
export interface StoredApp extends Disposable {
  app: App;
  pool: InferencePool;
}

const modules = await loadEngineModules();

export async function createStoredApp(
  database: OpenDatabase,
  { environment = {}, size = 1 }: { environment?: Record<string, string>; size?: number } = {},
): Promise<StoredApp> {
  const limits = readConfig({ REQUEST_TIMEOUT_MS: "60000", ...environment });
  const pool = await InferencePool.start({
    size,
    queueMax: limits.queueMax,
    taskTimeoutMs: 60_000,
    spawn: () => spawnWorkerExecutor(modules),
  });
  const fixed = [makeBaseSource()];
  const stored = createStoredSource(database, { fixed });
  const models = new ModelRegistry([...fixed, stored], {
    pool,
    loadedMax: limits.modelsLoadedMax,
  });
  const app = createApp(
    await completeServices({
      models,
      pool,
      database,
      transfers: createModelTransfers({ tfjs: modules.tfjs, timeoutMs: 60_000, concurrentMax: 2 }),
      limits,
    }),
  );
  return {
    app,
    pool,
    [Symbol.dispose]() {
      stored[Symbol.dispose]();
      pool.close();
    },
  };
}
