import { assert, assertEquals } from "@std/assert";
import {
  type TeachableNetwork,
  writeTeachableFiles,
} from "../../../models/export/teachable_files.ts";
import { readJson } from "./load_exported.ts";

const NETWORK: TeachableNetwork = {
  topology: { class_name: "Model" },
  stored: { specs: [], bytes: Uint8Array.of(1, 2) },
  inputShape: [6, 6, 1],
  createdAt: new Date("2026-01-02T03:04:05Z"),
};

Deno.test("writeTeachableFiles() writes the files of Teachable Machine", () => {
  const files = writeTeachableFiles({ name: "pets", labels: ["cat", "dog"] }, NETWORK);
  assertEquals([...files.keys()], ["model.json", "weights.bin", "metadata.json"]);
  const { userMetadata, ...metadata } = readJson(files, "metadata.json");
  assertEquals(metadata, {
    tfjsVersion: "4.22.0",
    packageName: "@teachablemachine/image",
    packageVersion: "0.8.5",
    timeStamp: "2026-01-02T03:04:05.000Z",
    modelName: "pets",
    labels: ["cat", "dog"],
    imageSize: 6,
    grayscale: true,
  });
  assert(userMetadata.generatedBy.startsWith("lastlayer "));
  const { modelTopology, weightsManifest, userDefinedMetadata } = readJson(files, "model.json");
  assertEquals(modelTopology, NETWORK.topology);
  assertEquals(weightsManifest, [{ paths: ["weights.bin"], weights: [] }]);
  assertEquals(userDefinedMetadata, { labels: ["cat", "dog"] });
});

Deno.test("writeTeachableFiles() says how an input of another kind is made", () => {
  const preprocessing = { scale: 1, offset: 0, fit: "stretch", cropFraction: 1 } as const;
  const files = writeTeachableFiles({ name: "x", labels: ["a"] }, { ...NETWORK, preprocessing });
  assertEquals(readJson(files, "metadata.json").userMetadata.preprocessing, preprocessing);
});
