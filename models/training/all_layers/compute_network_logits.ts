import type { Tensor2D } from "../../tensors.ts";
import type { TrainableNetwork } from "../../networks/trainable_network.ts";
import { EventLoopTurns } from "../event_loop_turns.ts";
import { countSteps, makeBatch, type NetworkSamples } from "./network_samples.ts";

/** Samples that run together. */
const BATCH_ROWS = 64;

/**
 * Runs samples through a network, those of similar length together. The event loop has its turn
 * between batches.
 *
 * @param rows which samples
 * @returns `[rows.length, classCount]` float32, in the order of `rows`
 */
export async function computeNetworkLogits(
  network: Pick<TrainableNetwork, "apply">,
  samples: NetworkSamples,
  rows: Uint32Array,
): Promise<Float32Array<ArrayBuffer>> {
  const { classCount } = samples;
  const logits = new Float32Array(rows.length * classCount);
  const places = Uint32Array.from(rows, (_, place) => place)
    .sort((a, b) =>
      countSteps(samples, rows[a] as number) - countSteps(samples, rows[b] as number)
    );
  const turns = new EventLoopTurns();
  for (let first = 0; first < places.length; first += BATCH_ROWS) {
    const chunk = places.subarray(first, first + BATCH_ROWS);
    const batch = makeBatch(samples, chunk.map((place) => rows[place] as number));
    let found: Tensor2D | undefined;
    try {
      found = network.apply(batch);
      const values = found.dataSync();
      chunk.forEach((place, row) => {
        logits.set(values.subarray(row * classCount, (row + 1) * classCount), place * classCount);
      });
    } finally {
      batch.x.dispose();
      batch.mask?.dispose();
      found?.dispose();
    }
    await turns.give();
  }
  return logits;
}
