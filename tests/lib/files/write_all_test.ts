import { assertEquals, assertRejects } from "@std/assert";
import { writeAll } from "../../../lib/files/write_all.ts";

/** A file that takes at most three bytes at a time, and `capacity` in all. */
function makeFile(capacity: number): { file: Deno.FsFile; content: number[] } {
  const content: number[] = [];
  const write = (bytes: Uint8Array) => {
    const taken = bytes.subarray(0, Math.min(3, capacity - content.length));
    if (taken.length === 0) return Promise.reject(new Error("full"));
    content.push(...taken);
    return Promise.resolve(taken.length);
  };
  return { file: { write } as unknown as Deno.FsFile, content };
}

Deno.test("writeAll() goes on after short writes", async () => {
  const { file, content } = makeFile(100);
  await writeAll(file, new Uint8Array([1, 2, 3, 4, 5, 6, 7]));
  assertEquals(content, [1, 2, 3, 4, 5, 6, 7]);
});

Deno.test("writeAll() writes nothing for no bytes", async () => {
  const { file, content } = makeFile(0);
  await writeAll(file, new Uint8Array(0));
  assertEquals(content, []);
});

Deno.test("writeAll() passes on the error of a file that is full half-way", async () => {
  const { file, content } = makeFile(4);
  await assertRejects(() => writeAll(file, new Uint8Array(5)), Error, "full");
  assertEquals(content.length, 4);
});
