import { assertEquals } from "@std/assert";
import { unzipFiles } from "../../../lib/archives/unzip_files.ts";
import { zipFiles } from "../../../lib/archives/zip_files.ts";

const LIMITS = { filesMax: 10, unpackedBytesMax: 10_000 };

Deno.test("zipFiles() packs files so that they unpack to the same bytes in the same order", async () => {
  const files = new Map([
    ["b/model.json", new TextEncoder().encode("{}")],
    ["a.bin", Uint8Array.of(0, 255, 7)],
    ["empty", new Uint8Array()],
  ]);
  const unpacked = await unzipFiles(await zipFiles(files), LIMITS);
  assertEquals([...unpacked], [...files]);
});

Deno.test("zipFiles() gives the same bytes for the same files", async () => {
  const files = new Map([["a.bin", Uint8Array.of(1)]]);
  assertEquals(await zipFiles(files), await zipFiles(files));
});

Deno.test("zipFiles() packs nothing into an empty archive", async () => {
  assertEquals((await unzipFiles(await zipFiles(new Map()), LIMITS)).size, 0);
});
