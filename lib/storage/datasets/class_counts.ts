import type { Database } from "../database.ts";

/** What counts of a sample. */
export interface CountedSample {
  /** Name of its class. */
  class: string;
  /** Bytes. */
  length: number;
}

/** Counts samples that were stored; the transaction holds the dataset. */
export async function addToClasses(
  transaction: Database,
  datasetId: string,
  samples: readonly { class: string; length: number }[],
): Promise<void> {
  for (const [name, { count, bytes }] of sumByClass(samples)) {
    await transaction.query.insertInto("datasetClasses")
      .values({ datasetId, class: name, samples: count, bytes })
      .onConflict((conflict) =>
        conflict.columns(["datasetId", "class"]).doUpdateSet((row) => ({
          samples: row("datasetClasses.samples", "+", count),
          bytes: row("datasetClasses.bytes", "+", bytes),
        }))
      ).execute();
  }
}

/** Counts samples that were removed; the transaction holds the dataset. */
export async function removeFromClasses(
  transaction: Database,
  datasetId: string,
  samples: readonly { class: string; length: number }[],
): Promise<void> {
  for (const [name, { count, bytes }] of sumByClass(samples)) {
    await transaction.query.updateTable("datasetClasses")
      .set((row) => ({ samples: row("samples", "-", count), bytes: row("bytes", "-", bytes) }))
      .where("datasetId", "=", datasetId).where("class", "=", name).execute();
  }
  await transaction.query.deleteFrom("datasetClasses")
    .where("datasetId", "=", datasetId).where("samples", "=", 0).execute();
}

function sumByClass(samples: readonly CountedSample[]) {
  const sums = new Map<string, { count: number; bytes: number }>();
  for (const { class: name, length } of samples) {
    const { count, bytes } = sums.get(name) ?? { count: 0, bytes: 0 };
    sums.set(name, { count: count + 1, bytes: bytes + length });
  }
  return sums;
}
