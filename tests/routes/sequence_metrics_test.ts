import { assertStringIncludes } from "@std/assert";
import { Registry } from "prom-client";
import { SequenceStore } from "../../models/sequences/sequence_store.ts";
import { registerSequenceMetrics } from "../../routes/sequence_metrics.ts";

Deno.test("registerSequenceMetrics() counts those that live, and those that were lost", async () => {
  const clock = { now: 0 };
  const sequences = new SequenceStore({ sequencesMax: 2, timeToLiveMs: 10, now: () => clock.now });
  const registry = new Registry();
  registerSequenceMetrics(registry, sequences);
  for (let count = 0; count < 3; count++) {
    sequences.create({ owner: "", model: "motion", version: 1, modelId: "motion@1" });
  }
  const before = await registry.metrics();
  assertStringIncludes(before, "\nlastlayer_sequences 2");
  assertStringIncludes(before, 'lastlayer_sequences_lost_total{reason="evicted"} 1');
  clock.now = 10;
  const after = await registry.metrics();
  assertStringIncludes(after, "\nlastlayer_sequences 0");
  assertStringIncludes(after, 'lastlayer_sequences_lost_total{reason="expired"} 2');
});
