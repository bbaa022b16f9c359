import { assertEquals, assertRejects } from "@std/assert";
import { unzipFiles } from "../../../lib/archives/unzip_files.ts";
import { ServiceError } from "../../../lib/service_error.ts";
import { makeZip, patchText } from "./archive_fixtures.ts";

const LIMITS = { filesMax: 10, unpackedBytesMax: 10_000 };

async function unzipText(zip: Uint8Array<ArrayBuffer>): Promise<Record<string, string>> {
  const files = await unzipFiles(zip, LIMITS);
  return Object.fromEntries([...files].map(([path, bytes]) => {
    return [path, new TextDecoder().decode(bytes)];
  }));
}

Deno.test("unzipFiles() unpacks files by their path, and skips folders and litter", async () => {
  const zip = await makeZip([
    ["a/", ""],
    ["a/one.txt", "1".repeat(500)],
    ["two.txt", "2", { level: 0 }],
    ["zip64.txt", "3", { zip64: true }],
    ["__MACOSX/._two.txt", "x"],
    ["a/.DS_Store", "x"],
    [".hidden/file", "x"],
    ["Thumbs.db", "x"],
    ["b\\three.txt", "4"],
  ]);
  assertEquals(await unzipText(zip), {
    "a/one.txt": "1".repeat(500),
    "two.txt": "2",
    "zip64.txt": "3",
    "b/three.txt": "4",
  });
});

Deno.test("unzipFiles() gives each file a buffer of its own", async () => {
  const zip = await makeZip([["stored", "123", { level: 0 }], ["deflated", "4".repeat(500)]]);
  for (const bytes of (await unzipFiles(zip, LIMITS)).values()) {
    assertEquals(bytes.buffer.byteLength, bytes.length);
  }
});

Deno.test("unzipFiles() gives nothing for an empty archive", async () => {
  assertEquals(await unzipText(await makeZip([])), {});
});

Deno.test("unzipFiles() allows as much as the limits and not one more", async () => {
  const zip = await makeZip([["a", "12"], ["b", "345"]]);
  assertEquals((await unzipFiles(zip, { filesMax: 2, unpackedBytesMax: 5 })).size, 2);
  for (
    const limits of [{ filesMax: 1, unpackedBytesMax: 5 }, { filesMax: 2, unpackedBytesMax: 4 }]
  ) {
    const error = await assertRejects(() => unzipFiles(zip, limits), ServiceError, "at most");
    assertEquals(error.code, "body_too_large");
  }
});

Deno.test("unzipFiles() refuses a small archive of far larger files, which are nothing but zeros", async () => {
  const limits = { filesMax: 1, unpackedBytesMax: 10_000_000 };
  const dense = await makeZip([["weights.bin", "0123456789".repeat(1_000)]]);
  assertEquals((await unzipFiles(dense, limits)).size, 1);
  const bomb = await makeZip([["weights.bin", "\0".repeat(1_000_000)]]);
  const error = await assertRejects(
    () => unzipFiles(bomb, limits),
    ServiceError,
    "at most 100 times its length: 1000000",
  );
  assertEquals(error.code, "body_too_large");
});

Deno.test("unzipFiles() refuses what listArchive() refuses, and damaged files", async () => {
  const sound = await makeZip([["a.txt", "some text", { level: 0 }]]);
  for (
    const zip of [
      new Uint8Array(),
      sound.slice(0, -30),
      patchText(sound, "some text", "some tExt"),
      patchText(sound, "a.txt", "../.."),
    ]
  ) {
    const error = await assertRejects(() => unzipFiles(zip, LIMITS), ServiceError, "is damaged");
    assertEquals(error.code, "invalid_archive");
  }
});
