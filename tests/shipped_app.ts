import { readConfig } from "../lib/config/config.ts";
import { openSqliteDatabase } from "../lib/storage/sqlite_database.ts";
import { createModelTransfers } from "../models/archive/model_transfers.ts";
import { ModelRegistry } from "../models/model_registry.ts";
import { InferencePool } from "../models/pool/inference_pool.ts";
import { spawnInlineExecutor } from "../models/pool/inline_executor.ts";
import { parseManifest } from "../models/shipped/manifest.ts";
import { createShippedSource } from "../models/shipped/shipped_source.ts";
import { type App, createApp } from "../routes/app.ts";
import type { Services } from "../routes/services.ts";
import { loadEngineModules } from "./models/tiny_model.ts";
import { completeServices } from "./test_services.ts";

const WEIGHTS = new URL("../weights/", import.meta.url).pathname;

/** Names of the models that ship, in the order of the manifest. */
export const SHIPPED_NAMES: readonly string[] = parseManifest(
  Deno.readTextFileSync(`${WEIGHTS}manifest.json`),
).models.map(({ name }) => name);

/**
 * The service with the models that ship, all of it in this thread. A thread has one backend, so a
 * test file has one such app.
 */
export async function createShippedApp(
  { environment = {}, ...overrides }:
    & Partial<Pick<Services, "sequences" | "apiKeys" | "isDraining">>
    & { environment?: Record<string, string> } = {},
): Promise<{ app: App; pool: InferencePool; services: Services }> {
  const modules = await loadEngineModules();
  const pool = await InferencePool.start({
    size: 1,
    queueMax: 64,
    taskTimeoutMs: 60_000,
    spawn: () => spawnInlineExecutor(modules),
  });
  const limits = readConfig({ REQUEST_TIMEOUT_MS: "120000", ...environment });
  const models = new ModelRegistry([await createShippedSource(WEIGHTS)], { pool, loadedMax: 8 });
  const completed = await completeServices({
    models,
    pool,
    database: await openSqliteDatabase(":memory:"),
    transfers: createModelTransfers({ tfjs: modules.tfjs, timeoutMs: 60_000, concurrentMax: 1 }),
    limits,
  });
  const services: Services = { ...completed, ...overrides };
  return { app: createApp(services), pool, services };
}
