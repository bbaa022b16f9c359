import { Counter, Gauge, type Registry } from "prom-client";
import type { SequenceStore } from "../models/sequences/sequence_store.ts";

/** Adds what is counted of sequences, read when it is scraped. */
export function registerSequenceMetrics(registry: Registry, sequences: SequenceStore): void {
  const registers = [registry];
  new Gauge({
    name: "lastlayer_sequences",
    help: "Sequences whose state is kept",
    registers,
    collect() {
      this.set(sequences.size);
    },
  });
  new Counter({
    name: "lastlayer_sequences_lost_total",
    help: "Sequences that were not deleted by their clients, by reason",
    labelNames: ["reason"],
    registers,
    collect() {
      this.reset();
      for (const [reason, count] of Object.entries(sequences.lost)) this.inc({ reason }, count);
    },
  });
}
