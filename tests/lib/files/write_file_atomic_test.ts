import { assertEquals, assertRejects } from "@std/assert";
import { join } from "node:path";
import { writeFileAtomic } from "../../../lib/files/write_file_atomic.ts";

const encode = (text: string) => new TextEncoder().encode(text);

function listNames(path: string): string[] {
  return [...Deno.readDirSync(path)].map((entry) => entry.name);
}

Deno.test("writeFileAtomic() makes and replaces a file and leaves nothing else", async () => {
  const directory = await Deno.makeTempDir();
  const path = join(directory, "file");
  for (const text of ["a first, longer text", "second", ""]) {
    await writeFileAtomic(path, encode(text));
    assertEquals(await Deno.readTextFile(path), text);
  }
  assertEquals(listNames(directory), ["file"]);
  await Deno.remove(directory, { recursive: true });
});

Deno.test("writeFileAtomic() keeps the old content when the disk is full", async () => {
  const directory = await Deno.makeTempDir();
  const path = join(directory, "file");
  await writeFileAtomic(path, encode("old"));
  const { write } = Deno.FsFile.prototype;
  Deno.FsFile.prototype.write = () =>
    Promise.reject(Object.assign(new Error("os error 28"), { code: "ENOSPC" }));
  try {
    await assertRejects(
      () => writeFileAtomic(path, encode("new")),
      Error,
      `Cannot write ${path} as the disk is full`,
    );
  } finally {
    Deno.FsFile.prototype.write = write;
  }
  assertEquals(await Deno.readTextFile(path), "old");
  assertEquals(listNames(directory), ["file"]);
  await Deno.remove(directory, { recursive: true });
});

Deno.test("writeFileAtomic() rejects a name in a directory that is missing", async () => {
  const directory = await Deno.makeTempDir();
  await assertRejects(
    () => writeFileAtomic(join(directory, "missing", "file"), encode("text")),
    Error,
    "Cannot write",
  );
  assertEquals(listNames(directory), []);
  await Deno.remove(directory);
});
