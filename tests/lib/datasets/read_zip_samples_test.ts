import { assertEquals } from "@std/assert";
import { createMemorySource } from "../../../lib/archives/byte_source.ts";
import { listArchive } from "../../../lib/archives/zip_archive.ts";
import { readZipSamples } from "../../../lib/datasets/read_zip_samples.ts";
import { ARCHIVE_LIMITS, makeZip, patchText } from "../archives/archive_fixtures.ts";
import { readAll } from "./sample_fixtures.ts";

async function read(bytes: Uint8Array<ArrayBuffer>): Promise<string[][]> {
  return await readAll(
    readZipSamples(await listArchive(createMemorySource(bytes), ARCHIVE_LIMITS), {
      fileBytesMax: 1000,
    }),
  );
}

async function readPaths(...paths: string[]): Promise<string[][]> {
  const found = await read(await makeZip(paths.map((path, index) => [path, String(index)])));
  return found.map(([name = "", classOrCode = ""]) => [name, classOrCode]);
}

Deno.test("readZipSamples() takes the folder for the class", async () => {
  assertEquals(await read(await makeZip([["cats/a.jpg", "1"], ["dogs/old/b.jpg", "2"]])), [
    ["cats/a.jpg", "cats", "1"],
    ["dogs/old/b.jpg", "dogs", "2"],
  ]);
});

Deno.test("readZipSamples() passes over folders that hold everything", async () => {
  assertEquals(
    await readPaths("data/train/cats/a.jpg", "data/train/dogs/b.jpg", "data/train/readme.txt"),
    [
      ["data/train/cats/a.jpg", "cats"],
      ["data/train/dogs/b.jpg", "dogs"],
      ["data/train/readme.txt", "invalid_sample"],
    ],
  );
  // One class, with a folder inside it.
  assertEquals(await readPaths("cats/a.jpg", "cats/b.jpg", "cats/old/c.jpg"), [
    ["cats/a.jpg", "cats"],
    ["cats/b.jpg", "cats"],
    ["cats/old/c.jpg", "cats"],
  ]);
});

Deno.test("readZipSamples() passes over what operating systems add", async () => {
  const paths = [
    "pets/cats/a.jpg",
    "pets/cats/.DS_Store",
    "pets/cats/Thumbs.db",
    "pets/.git/config",
    "__MACOSX/pets/cats/._a.jpg",
    "pets/dogs/b.jpg",
    "pets/desktop.ini",
  ];
  assertEquals(await readPaths(...paths), [["pets/cats/a.jpg", "cats"], [
    "pets/dogs/b.jpg",
    "dogs",
  ]]);
});

Deno.test("readZipSamples() rejects files without a class, and damaged ones, by name", async () => {
  const bytes = await makeZip(
    [["a.jpg", "1"], ["cats/b.jpg", "good"], ["cats/c.jpg", "fine"]],
    { level: 0 },
  );
  assertEquals(await read(patchText(bytes, "good", "evil")), [
    ["a.jpg", "invalid_sample"],
    ["cats/b.jpg", "invalid_archive"],
    ["cats/c.jpg", "cats", "fine"],
  ]);
  assertEquals(await read(await makeZip([])), []);
});

Deno.test("readZipSamples() takes a file at the limit and rejects one above it", async () => {
  const files = [["a/1", new Uint8Array(1000)], ["a/2", new Uint8Array(1001)]] as const;
  const found = await read(await makeZip(files));
  assertEquals(found.map(([name, classOrCode]) => [name, classOrCode]), [
    ["a/1", "a"],
    ["a/2", "body_too_large"],
  ]);
});
