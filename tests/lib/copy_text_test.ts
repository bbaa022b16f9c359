import { assert, assertEquals } from "@std/assert";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { copyText } from "../../lib/copy_text.ts";
import { cleanSampleName, readClassName } from "../../lib/datasets/sample_names.ts";
import { showValue } from "../../lib/show_value.ts";

const MEBIBYTE = 2 ** 20;

/** Memory that is in use once nothing is left to collect. */
function measureHeap(): number {
  setFlagsFromString("--expose-gc");
  runInNewContext("gc")();
  return Deno.memoryUsage().heapUsed;
}

/** How much of 32 MiB of texts is kept by what is made of each. */
function measureKept(make: (text: string) => string): number {
  const before = measureHeap();
  const kept = Array.from({ length: 32 }, (_, index) => make(`${index}`.padEnd(MEBIBYTE)));
  const bytes = measureHeap() - before;
  assertEquals(kept.length, 32);
  return bytes;
}

Deno.test("copyText() gives the same text", () => {
  for (const text of ["", "cat", "😀 \ud800", "x".repeat(300)]) assertEquals(copyText(text), text);
});

Deno.test("copyText() lets go of the text that its own was cut from", () => {
  assert(measureKept((text) => text.slice(0, 20)) > 16 * MEBIBYTE);
  assert(measureKept((text) => copyText(text.slice(0, 20))) < 4 * MEBIBYTE);
});

Deno.test("what is kept of a sample lets go of its line", () => {
  const makers = [
    (text: string) => showValue([text]),
    (text: string) => cleanSampleName(text),
    (text: string) => readClassName(`a class of many letters ${text}`),
  ];
  for (const make of makers) assert(measureKept(make) < 4 * MEBIBYTE, make.toString());
});
