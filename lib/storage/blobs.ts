import { sql } from "kysely";
import { createHash } from "node:crypto";
import { chunkValues } from "./chunk_values.ts";
import type { Database } from "./database.ts";
import { lockSubject } from "./lock_subject.ts";
import type { Bytes } from "./schema.ts";

/** Content with its name. */
export interface HashedBytes {
  /** Of the bytes, in lower-case hexadecimal. */
  sha256: string;
  /** The content. */
  bytes: Bytes;
}

/** The name of a content: its SHA-256 in lower-case hexadecimal. */
export function hashBytes(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** The same as {@linkcode hashBytes}, in another thread: for contents of many MB. */
export async function hashLargeBytes(bytes: Bytes): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
}

/**
 * Stores contents, each once however often it is stored. They go away with the transaction's end
 * unless something refers to them by then, or with the last thing that did: see
 * {@linkcode removeUnusedBlobs}, which waits for transactions that store.
 */
export async function storeBlobs(
  transaction: Database,
  blobs: readonly HashedBytes[],
): Promise<void> {
  await lockSubject(transaction, "blobs", "shared");
  const bySha256 = new Map(blobs.map((blob) => [blob.sha256, blob.bytes]));
  const known = await findBlobs(transaction, [...bySha256.keys()]);
  // In one order everywhere, so that two transactions with the same contents do not wait in a ring.
  const missing = [...bySha256.keys()].filter((sha256) => !known.has(sha256)).sort();
  for (const sha256 of missing) {
    const bytes = bySha256.get(sha256) as Bytes;
    // One at a time: a kept statement for every number of rows would hold as many MB each.
    await transaction.query.insertInto("blobs").values({ sha256, length: bytes.length, bytes })
      .onConflict((conflict) => conflict.column("sha256").doNothing()).execute();
  }
}

/** Which of the contents are stored. */
export async function findBlobs(
  database: Database,
  sha256s: readonly string[],
): Promise<Set<string>> {
  const found = new Set<string>();
  for (const chunk of chunkValues(sha256s)) {
    const rows = await database.query.selectFrom("blobs").select("sha256")
      .where("sha256", "in", chunk).execute();
    for (const { sha256 } of rows) found.add(sha256);
  }
  return found;
}

/** Reads a content; `undefined` when it is not stored. */
export async function readBlob(database: Database, sha256: string): Promise<Bytes | undefined> {
  const row = await database.query.selectFrom("blobs").select("bytes")
    .where("sha256", "=", sha256).executeTakeFirst();
  return row?.bytes;
}

/**
 * Removes those of the contents that nothing refers to any more, with their feature vectors. The
 * transaction must have held `blobs` exclusively since before it removed what referred to them.
 *
 * @param sha256s those that have lost something that referred to them
 */
export async function removeUnusedBlobs(
  transaction: Database,
  sha256s: readonly string[],
): Promise<void> {
  for (const chunk of chunkValues([...new Set(sha256s)])) {
    await transaction.query.deleteFrom("blobs")
      .where("sha256", "in", chunk)
      .where(sql<boolean>`not exists (select 1 from samples where samples.sha256 = blobs.sha256)`)
      .where(
        sql<
          boolean
        >`not exists (select 1 from job_samples where job_samples.sha256 = blobs.sha256)`,
      )
      .where(
        sql<
          boolean
        >`not exists (select 1 from model_files where model_files.sha256 = blobs.sha256)`,
      )
      .execute();
  }
}
