import { assertEquals, assertRejects } from "@std/assert";
import { zipFiles } from "../../../lib/archives/zip_files.ts";
import { ServiceError } from "../../../lib/service_error.ts";
import { readModelArchive } from "../../../models/archive/read_model_archive.ts";
import { makeZip } from "../../lib/archives/archive_fixtures.ts";
import { encodeLines, makeTeachableZip, makeTfliteFile } from "./archive_fixtures.ts";

Deno.test("readModelArchive() reads a zip of Teachable Machine, also one with a folder around", async () => {
  for (const folder of ["", "converted/my model/"]) {
    const archive = await readModelArchive(await makeTeachableZip({ folder }));
    assertEquals([archive.origin, archive.labels], ["teachable-machine", ["cat", "dog"]]);
    assertEquals([...archive.files.keys()], ["model.json", "group1-shard1of1.bin"]);
  }
});

Deno.test("readModelArchive() reads a .tflite file, alone and in a zip with its labels", async () => {
  const bytes = makeTfliteFile();
  const bare = await readModelArchive(bytes);
  assertEquals([bare.origin, bare.format, bare.labels], ["tflite", "tflite", undefined]);
  assertEquals([...bare.files], [["model.tflite", bytes]]);
  const labels = encodeLines("0 a", "1 b", "2 c");
  const zip = await zipFiles(
    new Map([["model_unquant.tflite", bytes], ["labels.txt", labels]]),
  );
  const zipped = await readModelArchive(zip);
  assertEquals([...zipped.files], [["model_unquant.tflite", bytes]]);
  assertEquals([...zipped.companions], [["labels.txt", labels]]);
  assertEquals(zipped.labels, ["a", "b", "c"]);
});

Deno.test("readModelArchive() refuses files of other kinds by name", async () => {
  const others: [Uint8Array<ArrayBuffer>, string][] = [
    [new Uint8Array(), "found none that is known"],
    [encodeLines("hello"), "found none that is known"],
    [Uint8Array.of(0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a), "found a Keras .h5 file"],
    [await makeZip([]), "found a zip of 0 other files"],
    [await makeZip([["cat/1.jpg", ""], ["dog/1.jpg", ""]]), "found a zip of 2 other files"],
    [await makeZip([["m/saved_model.pb", ""]]), "found a TensorFlow SavedModel"],
    [await makeZip([["keras_model.h5", ""], ["labels.txt", ""]]), "found a Keras .h5"],
    [await makeZip([["archive/data.pkl", ""]]), "found a PyTorch file"],
  ];
  for (const [bytes, rule] of others) {
    const error = await assertRejects(() => readModelArchive(bytes), ServiceError, rule);
    assertEquals(error.code, "unsupported_media_type");
  }
});

Deno.test("readModelArchive() refuses zips that are broken or not one model", async () => {
  const zip = await makeTeachableZip();
  const broken: [Uint8Array<ArrayBuffer>, string, string][] = [
    [zip.subarray(0, zip.length - 40), "invalid_archive", "Cannot read the zip archive"],
    [
      await makeTeachableZip({ extra: { "b/model.json": encodeLines("{}") } }),
      "model_unusable",
      "one model.json: found model.json, b/model.json",
    ],
    [
      await makeZip([["a.tflite", ""], ["b.tflite", ""]]),
      "model_unusable",
      "one .tflite file: found a.tflite, b.tflite",
    ],
    [
      await makeZip([["a.tflite", "not a model"]]),
      "model_unusable",
      "not a TensorFlow Lite model",
    ],
  ];
  for (const [bytes, code, rule] of broken) {
    const error = await assertRejects(() => readModelArchive(bytes), ServiceError, rule);
    assertEquals(error.code, code);
  }
});

Deno.test("readModelArchive() refuses a zip beyond its limits", async () => {
  const zip = await makeTeachableZip();
  for (
    const limits of [{ filesMax: 2, unpackedBytesMax: 1e6 }, { filesMax: 9, unpackedBytesMax: 99 }]
  ) {
    const error = await assertRejects(() => readModelArchive(zip, limits), ServiceError);
    assertEquals(error.code, "body_too_large");
  }
});
