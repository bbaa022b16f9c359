import { assertEquals, assertThrows } from "@std/assert";
import { ServiceError } from "../../../lib/service_error.ts";
import { TEACHABLE_MACHINE_PREPROCESSING } from "../../../models/archive/model_archive.ts";
import { readTfjsArchive } from "../../../models/archive/tfjs_archive.ts";
import { editModelFile, graphJson } from "../formats/tfjs_fixtures.ts";
import { encodeJson, encodeLines, makeLayersFiles, METADATA } from "./archive_fixtures.ts";

Deno.test("readTfjsArchive() reads a model of Teachable Machine", async () => {
  const files = await makeLayersFiles();
  const metadata = encodeJson({ ...METADATA, imageSize: 8, grayscale: false });
  const folder = new Map(files).set("metadata.json", metadata).set("readme.txt", encodeLines("x"));
  const archive = readTfjsArchive(folder);
  assertEquals([archive.origin, archive.format], ["teachable-machine", "tfjs-layers"]);
  assertEquals([...archive.files.keys()], ["model.json", "group1-shard1of1.bin"]);
  assertEquals([...archive.companions], [["metadata.json", metadata]]);
  assertEquals(archive.labels, ["cat", "dog"]);
  assertEquals(archive.preprocessing, TEACHABLE_MACHINE_PREPROCESSING);
  assertEquals(archive.declaredInput, { imageSize: 8, grayscale: false });
});

Deno.test("readTfjsArchive() finds labels in labels.txt and then in model.json", async () => {
  const plain = await makeLayersFiles();
  assertEquals(readTfjsArchive(plain).labels, undefined);
  const own = editModelFile(plain, (json) => json.userDefinedMetadata = { labels: ["a", "b"] });
  const archive = readTfjsArchive(own);
  assertEquals([archive.origin, archive.labels], ["tfjs", ["a", "b"]]);
  assertEquals([archive.preprocessing, archive.declaredInput], [undefined, {}]);
  const withFile = new Map(own).set("labels.txt", encodeLines("0 x", "1 y"));
  assertEquals(readTfjsArchive(withFile).labels, ["x", "y"]);
});

Deno.test("readTfjsArchive() tells graph models from layers models", () => {
  const json = { ...graphJson([]), weightsManifest: [] };
  for (const model of [json, { ...json, format: undefined }]) {
    const archive = readTfjsArchive(new Map([["model.json", encodeJson(model)]]));
    assertEquals(archive.format, "tfjs-graph");
  }
});

Deno.test("readTfjsArchive() refuses audio and pose models by name", async () => {
  const files = await makeLayersFiles();
  const kinds = {
    "an audio model": { tfjsSpeechCommandsVersion: "0.4.0", wordLabels: ["a", "b"] },
    "a pose model": { ...METADATA, packageName: "@teachablemachine/pose" },
  };
  for (const [kind, metadata] of Object.entries(kinds)) {
    const folder = new Map(files).set("metadata.json", encodeJson(metadata));
    const error = assertThrows(() => readTfjsArchive(folder), ServiceError, kind);
    assertEquals(error.code, "unsupported_media_type");
  }
});

Deno.test("readTfjsArchive() names what is missing or broken", async () => {
  const files = await makeLayersFiles();
  const withoutWeights = new Map(files);
  withoutWeights.delete("group1-shard1of1.bin");
  const broken: [ReadonlyMap<string, Uint8Array>, string][] = [
    [new Map(), `the file "model.json" is missing`],
    [new Map([["model.json", encodeLines("{")]]), "model.json is not JSON"],
    [new Map([["model.json", encodeJson({})]]), `has no object "modelTopology"`],
    [withoutWeights, `the file "group1-shard1of1.bin" is missing`],
    [new Map(files).set("metadata.json", encodeLines("[]")), "metadata.json is not a JSON object"],
    [new Map(files).set("metadata.json", encodeJson({ tmVersion: "2" })), "list of 1 to"],
    [editModelFile(files, (json) => json.userDefinedMetadata = { labels: "a" }), "list of 1 to"],
  ];
  for (const [folder, rule] of broken) {
    const error = assertThrows(() => readTfjsArchive(folder), ServiceError, rule);
    assertEquals(error.code, "model_unusable");
  }
});
