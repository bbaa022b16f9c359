/** Entry of the service: `deno task start`; `--help` lists the settings. */
import { fileURLToPath } from "node:url";
import { upgradeWebSocket } from "@hono/node-server";
import { type Config, CONFIG_NAMES, describeConfig, readConfig } from "./lib/config/config.ts";
import { lockDirectory } from "./lib/files/directory_lock.ts";
import { decoderModules } from "./lib/images/wasm_decoders.js";
import { configureLogging } from "./lib/logging.ts";
import { clearUploads, sweepDatasets } from "./lib/storage/datasets/sweep_datasets.ts";
import { importSigningKey } from "./lib/signed_bytes.ts";
import type { Database } from "./lib/storage/database.ts";
import { readServiceSecret } from "./lib/storage/service_secret.ts";
import { openDatabase } from "./lib/storage/open_database.ts";
import { createModelTransfers } from "./models/archive/model_transfers.ts";
import { CATALOG } from "./models/catalog.ts";
import { createHubSource } from "./models/hub/hub_source.ts";
import { loadRecurrentModule } from "./models/kernels/recurrent_module.ts";
import { JobRunner } from "./models/jobs/job_runner.ts";
import { ModelRegistry } from "./models/model_registry.ts";
import { startInferencePool } from "./models/pool/start_pool.ts";
import { SequenceStore } from "./models/sequences/sequence_store.ts";
import { createShippedSource } from "./models/shipped/shipped_source.ts";
import { createStoredSource } from "./models/stored/stored_source.ts";
import { loadTfjsWasmModule } from "./models/wasm_simd.ts";
import { createApp } from "./routes/app.ts";
import { closeServer, listen } from "./routes/http_server.ts";
import { createMetrics } from "./routes/metrics.ts";
import { registerSequenceMetrics } from "./routes/sequence_metrics.ts";

const WEIGHTS_FOLDER = fileURLToPath(new URL("weights/", import.meta.url));
/** Warm before the service is ready, where it ships with the project. */
const DEFAULT_MODEL = "edge-cnn";
/** Converting MobileNetV2 takes a second; a check that takes a minute has gone wrong. */
const TRANSFER_TIMEOUT_MS = 60_000;
const TRANSFERS_CONCURRENT_MAX = 2;

if (Deno.args.includes("--help")) {
  // deno-lint-ignore no-console -- the answer of a command
  console.log(describeConfig());
} else {
  try {
    const environment = CONFIG_NAMES.map((name) => [name, Deno.env.get(name)]);
    await serve(readConfig(Object.fromEntries(environment)));
  } catch (error) {
    // deno-lint-ignore no-console -- whoever started the service reads this
    console.error(error instanceof Error ? error.message : error);
    Deno.exit(1);
  }
}

async function serve(config: Config): Promise<void> {
  await configureLogging(config.logLevel);
  const lock = await lockDirectory(config.dataDir);
  const database = await openDatabase(config);
  // A DATA_DIR has one process, so that no upload runs yet. Replicas leave it to the sweep.
  if (database.engine === "sqlite") await clearUploads(database);
  const modules = {
    tfjs: await loadTfjsWasmModule(),
    recurrent: await loadRecurrentModule(),
    decoders: decoderModules,
  };
  const pool = await startInferencePool(modules, {
    size: config.workers ?? navigator.hardwareConcurrency,
    queueMax: config.queueMax,
    taskTimeoutMs: config.taskTimeoutMs,
  });
  const fixed = [
    await createShippedSource(WEIGHTS_FOLDER),
    createHubSource(CATALOG, config.dataDir),
  ];
  const sources = [...fixed, createStoredSource(database, { fixed })];
  const models = new ModelRegistry(sources, { pool, loadedMax: config.modelsLoadedMax });
  await models.directory.verify();
  await warmDefaultModel(models);
  const runner = new JobRunner(
    { database, models, pool, pixelsMax: config.pixelsMax, modelLimits: config },
    { concurrentMax: config.jobsConcurrentMax, owner: `process ${Deno.pid}` },
  );
  const sequences = new SequenceStore({
    sequencesMax: config.sequencesMax,
    timeToLiveMs: config.sequenceTtlMs,
  });
  const metrics = createMetrics(pool, () => Deno.memoryUsage().rss);
  registerSequenceMetrics(metrics.registry, sequences);
  let isDraining = false;
  const app = createApp({
    models,
    pool,
    database,
    transfers: createModelTransfers({
      tfjs: modules.tfjs,
      timeoutMs: TRANSFER_TIMEOUT_MS,
      concurrentMax: TRANSFERS_CONCURRENT_MAX,
    }),
    metrics,
    sequences,
    stateKey: await importSigningKey(await readStateSecret(database, config)),
    upgradeWebSocket,
    limits: config,
    apiKeys: config.apiKeys,
    corsOrigins: config.corsOrigins,
    isDraining: () => isDraining,
  });
  const server = await listen(app.fetch, config);
  await runner.start();
  const sweep = sweepDatasets(database, config);
  const drain = async () => {
    // A second signal ends the process at once.
    if (isDraining) Deno.exit(1);
    isDraining = true;
    sweep[Symbol.dispose]();
    await Promise.all([runner.stop(), closeServer(server, config.shutdownTimeoutMs)]);
    pool.close();
    await database[Symbol.asyncDispose]();
    lock[Symbol.dispose]();
    Deno.exit(0);
  };
  Deno.addSignalListener("SIGTERM", drain);
  Deno.addSignalListener("SIGINT", drain);
}

/** The same on all replicas: set for all of them, or kept in the database that they share. */
async function readStateSecret(database: Database, { stateSecret }: Config) {
  return stateSecret === undefined
    ? await readServiceSecret(database, "states")
    : new TextEncoder().encode(stateSecret);
}

/** Loads the model that most requests are for; the others are loaded by their first request. */
async function warmDefaultModel(models: ModelRegistry): Promise<void> {
  const known = await models.list();
  if (!known.some((model) => model.known.description.name === DEFAULT_MODEL)) return;
  using _lease = await models.acquire(DEFAULT_MODEL);
}
