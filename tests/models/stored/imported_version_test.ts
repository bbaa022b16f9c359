import { assert, assertEquals } from "@std/assert";
import { hashBytes } from "../../../lib/storage/blobs.ts";
import { publishVersion } from "../../../lib/storage/models/publish_version.ts";
import type { ImportedModel } from "../../../models/archive/check_model.ts";
import { packImportedVersion } from "../../../models/stored/imported_version.ts";
import { createStoredSource } from "../../../models/stored/stored_source.ts";
import { testWithDatabase } from "../../lib/storage/test_databases.ts";
import { makeTfliteFile } from "../archive/archive_fixtures.ts";
import { TINY_INPUT } from "../tiny_model.ts";
import { STORED_LIMITS } from "./stored_fixtures.ts";

const MODEL: ImportedModel = {
  origin: "tflite",
  format: "tflite",
  files: new Map([["model.tflite", makeTfliteFile()]]),
  companions: new Map([["labels.txt", new TextEncoder().encode("red\ngreen\nblue")]]),
  labels: ["red", "green", "blue"],
  input: TINY_INPUT,
  classCount: 3,
  featureLength: 3,
  outputActivation: "softmax",
};
const sha256 = "f".repeat(64);

testWithDatabase("packImportedVersion() stores what the source reads", async (database) => {
  const packed = await packImportedVersion(MODEL, { sha256, licence: "MIT" });
  assertEquals(Object.entries(packed.files ?? {}).map(([path, file]) => [path, file.sha256]), [
    ["network/model.tflite", hashBytes(makeTfliteFile())],
    ["companions/labels.txt", hashBytes(new TextEncoder().encode("red\ngreen\nblue"))],
  ]);
  await publishVersion(database, {
    ...packed,
    model: "colours",
    labels: ["stable"],
    limits: STORED_LIMITS,
  });
  using source = createStoredSource(database, { fixed: [] });
  const known = await source.find("colours");
  assert(known);
  assertEquals([known.description.licence, known.isHere, known.base], ["MIT", true, undefined]);
  assertEquals(known.stored?.card.origin, {
    kind: "imported",
    writer: "tflite",
    format: "tflite",
    sha256,
  });
  const { backbone, labels } = await source.read(known);
  assertEquals(labels, MODEL.labels);
  assertEquals(backbone.input, TINY_INPUT);
  assertEquals([...backbone.files].map(([path, bytes]) => [path, [...bytes]]), [
    ["model.tflite", [...makeTfliteFile()]],
  ]);
});

Deno.test("packImportedVersion() tells the same files with another input apart", async () => {
  const models = [MODEL, { ...MODEL, labels: ["a", "b", "c"] }, {
    ...MODEL,
    input: { ...TINY_INPUT, scale: 2 },
  }];
  const packed = await Promise.all(models.map((model) => packImportedVersion(model, { sha256 })));
  const hashes = packed.map(({ backboneSha256 }) => backboneSha256);
  assertEquals(hashes[1], hashes[0]);
  assert(hashes[2] !== hashes[0]);
});
