import { assertEquals } from "@std/assert";
import {
  describeForeignArchive,
  describeForeignFile,
  describeForeignMetadata,
} from "../../../models/archive/foreign_model.ts";
import { METADATA } from "./archive_fixtures.ts";

Deno.test("describeForeignFile() names files by their first bytes", () => {
  const hdf5 = Uint8Array.of(0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a, 0);
  assertEquals(describeForeignFile(hdf5), "a Keras .h5 file");
  assertEquals(describeForeignFile(Uint8Array.of(0x1f, 0x8b, 8)), "a gzip file");
  assertEquals(describeForeignFile(Uint8Array.of(0x80, 2, 0x8a)), "a PyTorch file");
  for (const other of [[], [0x80], [0x80, 9], [0x89, 0x50, 0x4e, 0x47]]) {
    assertEquals(describeForeignFile(Uint8Array.from(other)), undefined);
  }
});

Deno.test("describeForeignArchive() names archives by their paths", () => {
  const paths = {
    "model/saved_model.pb": "a TensorFlow SavedModel",
    "keras_model.h5": "a Keras .h5 or .keras file",
    "model/data.pkl": "a PyTorch file",
    "weights.PT": "a PyTorch file",
    "net.onnx": "an ONNX file",
    "net.mlmodel": "a Core ML file",
    "manifest.json": "a project of Teachable Machine, not its exported model",
  };
  for (const [path, kind] of Object.entries(paths)) {
    assertEquals(describeForeignArchive(["readme.txt", path]), kind);
  }
  assertEquals(describeForeignArchive(["cat/1.jpg", "data.pkl.txt", "a/manifest.json"]), undefined);
  assertEquals(describeForeignArchive([]), undefined);
});

Deno.test("describeForeignMetadata() tells audio and pose models from image models", () => {
  const audio = { tfjsSpeechCommandsVersion: "0.4.0", modelName: "TMv2", wordLabels: ["a", "b"] };
  assertEquals(describeForeignMetadata(audio), "an audio model of Teachable Machine");
  const pose = { ...METADATA, packageName: "@teachablemachine/pose" };
  assertEquals(describeForeignMetadata(pose), "a pose model of Teachable Machine");
  const settings = { labels: ["a"], modelSettings: { posenet: { outputStride: 16 } } };
  assertEquals(describeForeignMetadata(settings), "a pose model of Teachable Machine");
  assertEquals(describeForeignMetadata(METADATA), undefined);
});
