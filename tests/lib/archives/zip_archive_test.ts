import { assert, assertEquals, assertRejects } from "@std/assert";
import { createMemorySource } from "../../../lib/archives/byte_source.ts";
import { type ArchiveLimits, listArchive } from "../../../lib/archives/zip_archive.ts";
import { ServiceError } from "../../../lib/service_error.ts";
import { ARCHIVE_LIMITS, makeZip, patchText } from "./archive_fixtures.ts";

function list(bytes: Uint8Array<ArrayBuffer>, limits: Partial<ArchiveLimits> = {}) {
  return listArchive(createMemorySource(bytes), { ...ARCHIVE_LIMITS, ...limits });
}

async function assertInvalid(
  action: () => Promise<unknown>,
  reason: string,
  code = "invalid_archive",
): Promise<void> {
  const error = await assertRejects(action, ServiceError, reason);
  assertEquals(error.code, code);
}

Deno.test("listArchive() lists files and unpacks them", async () => {
  const text = "a long text ".repeat(100);
  const files = await list(await makeZip([["cats/", ""], ["cats/a.txt", text], ["b.txt", ""]]));
  assertEquals(files.map(({ path, length }) => [path, length]), [
    ["cats/a.txt", text.length],
    ["b.txt", 0],
  ]);
  const [a, b] = files;
  assertEquals(new TextDecoder().decode(await a?.read()), text);
  assertEquals(await b?.read(), new Uint8Array());
});

Deno.test("listArchive() reads data descriptors, zip64 and stored files", async () => {
  for (const options of [{ dataDescriptor: true }, { zip64: true }, { level: 0 }]) {
    const files = await list(await makeZip([["a.txt", "content"]], options));
    assertEquals(
      new TextDecoder().decode(await files[0]?.read()),
      "content",
      JSON.stringify(options),
    );
  }
});

Deno.test("listArchive() takes the backslashes of Windows for slashes", async () => {
  const bytes = patchText(await makeZip([["cats/./a.txt", "1"]]), "cats/./a", "cats\\.\\a");
  assertEquals((await list(bytes)).map(({ path }) => path), ["cats/a.txt"]);
});

Deno.test("listArchive() refuses paths that lead out of the archive", async () => {
  const bytes = await makeZip([["ab/cd.txt", "1"]]);
  for (
    const path of ["../cd.txt", "..\\cd.txt", "/b/cd.txt", "C:/cd.txt", "\\\\b/c.txt", "ab/../..."]
  ) {
    await assertInvalid(() => list(patchText(bytes, "ab/cd.txt", path)), "nsafe filename");
  }
});

Deno.test("listArchive() refuses encrypted archives", async () => {
  const bytes = await makeZip([["a.txt", "secret"]], { password: "password" });
  await assertInvalid(() => list(bytes), 'must not be encrypted: "a.txt" is');
});

Deno.test("listArchive() refuses links, and a path that stands twice", async () => {
  const link = await makeZip([["link", "/etc", { unixMode: 0o120777 }]]);
  await assertInvalid(() => list(link), 'must not hold links: "link" is one');
  const twice = patchText(await makeZip([["a.txt", "1"], ["b.txt", "2"]]), "b.txt", "a.txt");
  await assertInvalid(() => list(twice), '"a.txt" stands twice');
});

Deno.test("listArchive() refuses what is no archive or breaks off", async () => {
  const bytes = await makeZip([["a.txt", "content"]]);
  await assertInvalid(() => list(new Uint8Array()), "damaged");
  await assertInvalid(() => list(new Uint8Array(1000)), "damaged");
  await assertInvalid(() => list(bytes.slice(0, -10)), "damaged");
});

Deno.test("listArchive() refuses archives beyond each limit, and takes those at it", async () => {
  const bytes = await makeZip([["a", "1".repeat(50)], ["b", "2".repeat(40)]]);
  const limits = { entriesMax: 2, totalBytesMax: 90 };
  const code = "body_too_large";
  assertEquals((await list(bytes, limits)).length, 2);
  await assertInvalid(() => list(bytes, { ...limits, entriesMax: 1 }), "at most 1 entries", code);
  await assertInvalid(
    () => list(bytes, { ...limits, totalBytesMax: 89 }),
    "at most 89 bytes: 90",
    code,
  );
});

Deno.test("listArchive() refuses bombs before it unpacks them", async () => {
  const bomb = await makeZip([["zeros", new Uint8Array(90_000)]]);
  assert(bomb.length < 1000);
  await assertInvalid(
    () => list(bomb, { ratioMax: 50 }),
    "at most 50 times its length",
    "body_too_large",
  );
});

Deno.test("read() refuses content that is damaged", async () => {
  const bytes = await makeZip([["a.txt", "content"]], { level: 0 });
  const [file] = await list(patchText(bytes, "content", "contend"));
  await assertInvalid(async () => await file?.read(), '"a.txt" is damaged');
});

Deno.test("read() refuses a file without a header, and a method that it does not know", async () => {
  const bytes = await makeZip([["a.txt", "content ".repeat(100)]], { dataDescriptor: false });
  const headless = bytes.slice();
  headless[0] = 0;
  const [moved] = await list(headless);
  await assertInvalid(async () => await moved?.read(), "no header");
  const view = new DataView(bytes.buffer);
  // In the directory the method lies 10 bytes behind the signature.
  for (let at = 0; at < bytes.length - 12; at++) {
    if (view.getUint32(at, true) === 0x02014b50) view.setUint16(at + 10, 12, true);
  }
  const [unknown] = await list(bytes);
  await assertInvalid(async () => await unknown?.read(), "method 12");
});

Deno.test("read() refuses content that is longer than it claims", async () => {
  const bytes = await makeZip([["a.txt", "content ".repeat(100)]], { dataDescriptor: false });
  const length = new DataView(bytes.buffer);
  for (let at = 0; at < bytes.length - 4; at++) {
    if (length.getUint32(at, true) === 800) length.setUint32(at, 7, true);
  }
  const [file] = await list(bytes);
  assertEquals(file?.length, 7);
  await assertInvalid(async () => await file?.read(), '"a.txt"');
});
