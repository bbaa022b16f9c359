/** What every app of a test has beside its models, and few tests care about. */
import { upgradeWebSocket } from "@hono/node-server";
import { importSigningKey } from "../lib/signed_bytes.ts";
import { SequenceStore } from "../models/sequences/sequence_store.ts";
import { createMetrics } from "../routes/metrics.ts";
import type { Services } from "../routes/services.ts";

/** Services that lack nothing: the settings decide the rest. */
export async function completeServices(
  services: Pick<Services, "models" | "pool" | "database" | "transfers" | "limits">,
): Promise<Services> {
  const { pool, limits } = services;
  return {
    ...services,
    metrics: createMetrics(pool),
    sequences: new SequenceStore({
      sequencesMax: limits.sequencesMax,
      timeToLiveMs: limits.sequenceTtlMs,
    }),
    stateKey: await importSigningKey(new Uint8Array(32)),
    upgradeWebSocket,
    apiKeys: limits.apiKeys,
    corsOrigins: limits.corsOrigins,
    isDraining: () => false,
  };
}
