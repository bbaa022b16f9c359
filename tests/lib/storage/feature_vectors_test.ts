import { assertEquals } from "@std/assert";
import { hashBytes } from "../../../lib/storage/blobs.ts";
import { deleteDataset } from "../../../lib/storage/datasets/delete_dataset.ts";
import { readFeatureVectors, storeFeatureVectors } from "../../../lib/storage/feature_vectors.ts";
import { addTexts, encode, makeDataset } from "./storage_fixtures.ts";
import { testWithDatabase } from "./test_databases.ts";

const source = { backboneSha256: "backbone", view: "" };
const cat = hashBytes(encode("cat"));
const gone = hashBytes(encode("gone"));

testWithDatabase(
  "storeFeatureVectors() keeps a vector for each network and view",
  async (database) => {
    const { id } = await makeDataset(database);
    await addTexts(database, id, [["cat", "cats"]]);
    const plain = new Float32Array([1.5, -0, 3e38]);
    const flipped = new Float32Array([4, 5, 6, 7]).subarray(1);
    await storeFeatureVectors(database, { ...source, vectors: new Map([[cat, plain]]) });
    await storeFeatureVectors(database, {
      ...source,
      view: "flip",
      vectors: new Map([[cat, flipped]]),
    });
    const read = (view: string, backboneSha256 = "backbone") =>
      readFeatureVectors(database, { backboneSha256, view, sha256s: [cat, gone] });
    assertEquals(await read(""), new Map([[cat, plain]]));
    assertEquals(await read("flip"), new Map([[cat, new Float32Array([5, 6, 7])]]));
    assertEquals(await read("", "other"), new Map());
  },
);

testWithDatabase(
  "storeFeatureVectors() keeps the first and drops those without a sample",
  async (database) => {
    const { id } = await makeDataset(database);
    await addTexts(database, id, [["cat", "cats"]]);
    const vectors = new Map([[gone, new Float32Array([1])], [cat, new Float32Array([2])]]);
    await storeFeatureVectors(database, { ...source, vectors });
    await storeFeatureVectors(database, {
      ...source,
      vectors: new Map([[cat, new Float32Array([3])]]),
    });
    assertEquals(
      await readFeatureVectors(database, { ...source, sha256s: [cat, gone] }),
      new Map([[cat, new Float32Array([2])]]),
    );
  },
);

testWithDatabase("feature vectors go with the bytes of their sample", async (database) => {
  const { id } = await makeDataset(database);
  await addTexts(database, id, [["cat", "cats"]]);
  await storeFeatureVectors(database, {
    ...source,
    vectors: new Map([[cat, new Float32Array(3)]]),
  });
  await deleteDataset(database, "pets");
  const rows = await database.query.selectFrom("featureVectors").selectAll().execute();
  assertEquals(rows, []);
});

testWithDatabase("readFeatureVectors() reads more than one statement's worth", async (database) => {
  const { id } = await makeDataset(database);
  const texts = Array.from({ length: 100 }, (_, index) => [`text ${index}`, "cats"] as const);
  await addTexts(database, id, texts);
  const vectors = new Map(
    texts.map(([text], index) => [hashBytes(encode(text)), new Float32Array([index])]),
  );
  const many = [...vectors.keys(), ...Array.from({ length: 500 }, (_, index) => `none-${index}`)];
  await storeFeatureVectors(database, { ...source, vectors });
  const found = await readFeatureVectors(database, { ...source, sha256s: many });
  assertEquals(new Map([...found].sort()), new Map([...vectors].sort()));
});
