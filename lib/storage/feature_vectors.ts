import { findBlobs } from "./blobs.ts";
import { chunkValues } from "./chunk_values.ts";
import type { Database } from "./database.ts";
import { inTransaction } from "./in_transaction.ts";
import { lockSubject } from "./lock_subject.ts";
import type { Bytes } from "./schema.ts";

/** A statement's worth of vectors: about 1 MB at 1,280 values each. */
const VECTORS_MAX = 200;

/** Which network saw the samples, and how they were shown to it. */
export interface FeatureSource {
  /** Hash of the backbone. */
  backboneSha256: string;
  /** Name of the augmentation; the plain sample by convention is the empty text. */
  view: string;
}

/** What {@linkcode readFeatureVectors} looks for. */
export interface ReadFeatureVectorsOptions extends FeatureSource {
  /** Hashes of the samples. */
  sha256s: readonly string[];
}

/** What {@linkcode storeFeatureVectors} keeps. */
export interface StoreFeatureVectorsOptions extends FeatureSource {
  /** By hash of the sample; float32. */
  vectors: ReadonlyMap<string, Float32Array<ArrayBuffer>>;
}

/** Reads the feature vectors that are there, by hash of the sample; float32. */
export async function readFeatureVectors(
  database: Database,
  { backboneSha256, view, sha256s }: ReadFeatureVectorsOptions,
): Promise<Map<string, Float32Array<ArrayBuffer>>> {
  const vectors = new Map<string, Float32Array<ArrayBuffer>>();
  for (const chunk of chunkValues(sha256s, VECTORS_MAX)) {
    const rows = await database.query.selectFrom("featureVectors").select(["sha256", "vector"])
      .where("backboneSha256", "=", backboneSha256).where("view", "=", view)
      .where("sha256", "in", chunk).execute();
    for (const { sha256, vector } of rows) vectors.set(sha256, toFloat32(vector));
  }
  return vectors;
}

/**
 * Keeps feature vectors until their sample's bytes go. One that is there already stays as it is, and
 * one whose bytes are gone is dropped.
 */
export async function storeFeatureVectors(
  database: Database,
  { backboneSha256, view, vectors }: StoreFeatureVectorsOptions,
): Promise<void> {
  for (const chunk of chunkValues([...vectors].sort(([a], [b]) => a < b ? -1 : 1), VECTORS_MAX)) {
    await inTransaction(database, async (transaction) => {
      await lockSubject(transaction, "blobs", "shared");
      const known = await findBlobs(transaction, chunk.map(([sha256]) => sha256));
      const rows = chunk.filter(([sha256]) => known.has(sha256))
        .map(([sha256, vector]) => ({ sha256, backboneSha256, view, vector: toBytes(vector) }));
      if (rows.length === 0) return;
      await transaction.query.insertInto("featureVectors").values(rows)
        .onConflict((conflict) =>
          conflict.columns(["sha256", "backboneSha256", "view"]).doNothing()
        ).execute();
    });
  }
}

function toFloat32(bytes: Bytes): Float32Array<ArrayBuffer> {
  // The driver may place bytes at an address that float32 cannot have.
  const { buffer, byteOffset } = byteOffsetIsAligned(bytes) ? bytes : bytes.slice();
  return new Float32Array(buffer, byteOffset, bytes.length / Float32Array.BYTES_PER_ELEMENT);
}

function byteOffsetIsAligned({ byteOffset }: Bytes): boolean {
  return byteOffset % Float32Array.BYTES_PER_ELEMENT === 0;
}

function toBytes({ buffer, byteOffset, byteLength }: Float32Array<ArrayBuffer>): Bytes {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
