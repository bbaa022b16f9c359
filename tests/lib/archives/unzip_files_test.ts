import { assertEquals, assertRejects } from "@std/assert";
import { unzipFiles } from "../../../lib/archives/unzip_files.ts";
import { ServiceError } from "../../../lib/service_error.ts";
import { makeZip, replaceBytes } from "./zip_fixtures.ts";

const LIMITS = { filesMax: 10, unpackedBytesMax: 10_000 };
const encode = (text: string) => new TextEncoder().encode(text);

async function unzipText(zip: Uint8Array): Promise<Record<string, string>> {
  const files = await unzipFiles(zip, LIMITS);
  return Object.fromEntries([...files].map(([path, bytes]) => {
    return [path, new TextDecoder().decode(bytes)];
  }));
}

Deno.test("unzipFiles() unpacks files by their path, and skips folders and litter", async () => {
  const zip = await makeZip([
    { path: "a/", options: { directory: true } },
    { path: "a/one.txt", content: "1".repeat(500) },
    { path: "two.txt", content: "2", options: { level: 0 } },
    { path: "zip64.txt", content: "3", options: { zip64: true } },
    { path: "__MACOSX/._two.txt", content: "x" },
    { path: "a/.DS_Store", content: "x" },
    { path: ".hidden/file", content: "x" },
    { path: "Thumbs.db", content: "x" },
    { path: "b\\three.txt", content: "4" },
  ]);
  assertEquals(await unzipText(zip), {
    "a/one.txt": "1".repeat(500),
    "two.txt": "2",
    "zip64.txt": "3",
    "b/three.txt": "4",
  });
});

Deno.test("unzipFiles() gives nothing for an empty archive", async () => {
  assertEquals(await unzipText(await makeZip([])), {});
});

Deno.test("unzipFiles() allows as much as the limits and not one more", async () => {
  const zip = await makeZip([{ path: "a", content: "12" }, { path: "b", content: "345" }]);
  assertEquals((await unzipFiles(zip, { filesMax: 2, unpackedBytesMax: 5 })).size, 2);
  for (
    const limits of [{ filesMax: 1, unpackedBytesMax: 5 }, { filesMax: 2, unpackedBytesMax: 4 }]
  ) {
    const error = await assertRejects(() => unzipFiles(zip, limits), ServiceError, "at most");
    assertEquals(error.code, "body_too_large");
  }
});

Deno.test("unzipFiles() refuses a bomb before it unpacks it", async () => {
  const zip = await makeZip([{ path: "bomb", content: new Uint8Array(10_001) }]);
  const error = await assertRejects(() => unzipFiles(zip, LIMITS), ServiceError);
  assertEquals(error.code, "body_too_large");
});

Deno.test("unzipFiles() refuses an entry that gives more than it declares", async () => {
  const zip = await makeZip([{ path: "bomb", content: new Uint8Array(9_999) }]);
  const lying = replaceBytes(zip, Uint8Array.of(0x0f, 0x27, 0, 0), Uint8Array.of(9, 0, 0, 0));
  const error = await assertRejects(() => unzipFiles(lying, LIMITS), ServiceError, "it is broken");
  assertEquals(error.code, "malformed_request");
});

Deno.test("unzipFiles() refuses what is broken, encrypted or leads out of the archive", async () => {
  const stored = { level: 0 };
  const sound = await makeZip([
    { path: "a.txt", content: "some text", options: stored },
    { path: "b.txt" },
  ]);
  const broken: [Uint8Array, string][] = [
    [new Uint8Array(), "it is broken"],
    [encode("PK\x03\x04 and nothing else"), "it is broken"],
    [sound.subarray(0, sound.length - 30), "it is broken"],
    [replaceBytes(sound, encode("some text"), encode("some tExt")), "it is broken"],
    [replaceBytes(sound, encode("b.txt"), encode("a.txt")), "found a.txt twice"],
    [await makeZip([{ path: "../up.txt" }]), "Unsafe filename (../up.txt)"],
    [await makeZip([{ path: "a/../../up.txt" }]), "Unsafe filename"],
    [await makeZip([{ path: "a\\..\\..\\up.txt" }]), "Unsafe filename"],
    [await makeZip([{ path: "/etc/passwd" }]), "Unsafe filename"],
    [await makeZip([{ path: "C:/file.txt" }]), "Unsafe filename"],
    [
      await makeZip([{ path: "secret", content: "x", options: { password: "word" } }]),
      "it must not be encrypted: found secret",
    ],
    [
      await makeZip([{ path: "link", content: "/etc", options: { unixMode: 0o120777 } }]),
      "it must not hold links: found link",
    ],
  ];
  for (const [zip, rule] of broken) {
    const error = await assertRejects(() => unzipFiles(zip, LIMITS), ServiceError, rule);
    assertEquals(error.code, "malformed_request");
  }
});
