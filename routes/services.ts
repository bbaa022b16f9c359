import type { WebSocketLike } from "@hono/node-server";
import type { UpgradeWebSocket } from "hono/ws";
import type { Config } from "../lib/config/config.ts";
import type { OpenDatabase } from "../lib/storage/database.ts";
import type { ModelTransfers } from "../models/archive/model_transfers.ts";
import type { ModelRegistry } from "../models/model_registry.ts";
import type { SequenceStore } from "../models/sequences/sequence_store.ts";
import type { InferencePool } from "../models/pool/inference_pool.ts";
import type { Metrics } from "./metrics.ts";

/** All that the app needs; what differs between runtimes is decided by whoever builds it. */
export interface Services {
  models: ModelRegistry;
  pool: InferencePool;
  database: OpenDatabase;
  /** Those whose state this process keeps. */
  sequences: SequenceStore;
  /** What the states that clients keep are signed with. */
  stateKey: CryptoKey;
  /** Hands a connection over to the handlers of its messages; what it takes depends on the server. */
  upgradeWebSocket: UpgradeWebSocket<WebSocketLike>;
  transfers: ModelTransfers;
  metrics: Metrics;
  limits: Config;
  apiKeys: readonly string[];
  corsOrigins: readonly string[];
  /** True from the first sign of shutdown. */
  isDraining: () => boolean;
}
