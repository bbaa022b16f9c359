import { assertEquals } from "@std/assert";
import {
  findBlobs,
  hashBytes,
  hashLargeBytes,
  readBlob,
  removeUnusedBlobs,
  storeBlobs,
} from "../../../lib/storage/blobs.ts";
import { deleteDataset } from "../../../lib/storage/datasets/delete_dataset.ts";
import { inTransaction } from "../../../lib/storage/in_transaction.ts";
import { addTexts, encode, makeDataset, storedTexts } from "./storage_fixtures.ts";
import { testOnPostgres, testWithDatabase } from "./test_databases.ts";

const cat = { sha256: hashBytes(encode("cat")), bytes: encode("cat") };

Deno.test("hashBytes() and hashLargeBytes() give the SHA-256 of FIPS 180-2", async () => {
  const expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
  assertEquals(hashBytes(encode("abc")), expected);
  assertEquals(await hashLargeBytes(encode("abc")), expected);
});

testWithDatabase("storeBlobs() stores a content once", async (database) => {
  await inTransaction(database, (transaction) => storeBlobs(transaction, [cat, cat]));
  await inTransaction(database, (transaction) => storeBlobs(transaction, [cat]));
  assertEquals(await storedTexts(database), ["cat"]);
  assertEquals(await readBlob(database, cat.sha256), cat.bytes);
  assertEquals(await findBlobs(database, [cat.sha256, "none"]), new Set([cat.sha256]));
});

testWithDatabase("readBlob() gives undefined for what is not stored", async (database) => {
  assertEquals(await readBlob(database, cat.sha256), undefined);
});

testWithDatabase("removeUnusedBlobs() spares what something refers to", async (database) => {
  const { id } = await makeDataset(database);
  await addTexts(database, id, [["cat", "cats"]]);
  await inTransaction(database, async (transaction) => {
    await storeBlobs(transaction, [{ sha256: hashBytes(encode("dog")), bytes: encode("dog") }]);
    await removeUnusedBlobs(transaction, [cat.sha256, hashBytes(encode("dog"))]);
  });
  assertEquals(await storedTexts(database), ["cat"]);
});

testOnPostgres(
  "storeBlobs() and removeUnusedBlobs() of two replicas never lose bytes",
  async (place) => {
    await using here = await place.open();
    await using there = await place.open();
    for (let round = 0; round < 20; round++) {
      const { id } = await makeDataset(here, `old-${round}`);
      await addTexts(here, id, [["cat", "cats"]]);
      const kept = await makeDataset(here, `new-${round}`);
      await Promise.all([
        deleteDataset(here, `old-${round}`),
        addTexts(there, kept.id, [["cat", "cats"]]),
      ]);
      assertEquals(await readBlob(here, cat.sha256), cat.bytes);
      await deleteDataset(here, `new-${round}`);
      assertEquals(await readBlob(here, cat.sha256), undefined);
    }
  },
);
