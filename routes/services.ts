import type { Config } from "../lib/config.ts";
import type { ModelRegistry } from "../models/model_registry.ts";
import type { InferencePool } from "../models/pool/inference_pool.ts";
import type { Metrics } from "./metrics.ts";

/** All that the app needs; what differs between runtimes is decided by whoever builds it. */
export interface Services {
  models: ModelRegistry;
  pool: InferencePool;
  metrics: Metrics;
  limits: Pick<
    Config,
    "bodyBytesMax" | "uploadsBytesMax" | "pixelsMax" | "inputsMax" | "requestTimeoutMs"
  >;
  apiKeys: readonly string[];
  corsOrigins: readonly string[];
  /** True from the first sign of shutdown. */
  isDraining: () => boolean;
}
