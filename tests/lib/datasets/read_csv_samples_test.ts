import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { decodeSeries, decodeVector } from "../../../lib/datasets/encode_values.ts";
import {
  readCsvSamples,
  type ReadCsvSamplesOptions,
} from "../../../lib/datasets/read_csv_samples.ts";
import { ServiceError } from "../../../lib/service_error.ts";
import { readAll, streamText } from "./sample_fixtures.ts";

function source(kind: ReadCsvSamplesOptions["kind"], text: string, recordLengthMax = 1000) {
  return readCsvSamples(streamText(text), { kind, recordLengthMax });
}

async function readBytes(
  kind: ReadCsvSamplesOptions["kind"],
  text: string,
): Promise<(Uint8Array<ArrayBuffer> | string)[]> {
  const samples = await Array.fromAsync(source(kind, text));
  return samples.map((sample) => "bytes" in sample ? sample.bytes : sample.code);
}

Deno.test("readCsvSamples() reads texts with quotes, line breaks and a byte order mark", async () => {
  const text = '\ufefftext,class\r\nnice,good\r\n"so, ""so""\nla la",bad\r\n\r\nwörd,good';
  assertEquals(await readAll(source("text", text)), [
    ["record 2", "good", "nice"],
    ["record 3", "bad", 'so, "so"\nla la'],
    ["record 4", "good", "wörd"],
  ]);
});

Deno.test("readCsvSamples() takes the line ends of every system, also side by side", async () => {
  assertEquals(await readAll(source("text", "text,class\r\na,good\nb,bad\r\rc,good\r\n")), [
    ["record 2", "good", "a"],
    ["record 3", "bad", "b"],
    ["record 4", "good", "c"],
  ]);
});

Deno.test("readCsvSamples() finds columns in any order, label for class, and names", async () => {
  assertEquals(await readAll(source("text", "Name, Label ,TEXT\nfirst,good,nice\n,bad,ugly")), [
    ["first", "good", "nice"],
    ["record 3", "bad", "ugly"],
  ]);
});

Deno.test("readCsvSamples() reads vectors and rejects rows that are none", async () => {
  const rows = await readBytes("vector", "x,class,y\n1,a,2.5\n1,a,\n1,a,two\n-1e3,b, 0 \n1\n3,,4");
  assertEquals(rows.map((row) => typeof row === "string" ? row : [...decodeVector(row)]), [
    [1, 2.5],
    "invalid_sample",
    "invalid_sample",
    [-1000, 0],
    "invalid_sample",
    "invalid_sample",
  ]);
});

Deno.test("readCsvSamples() lets series end early, but not have gaps", async () => {
  const rows = await readBytes("series", "class,1,2,3\na,1,2,3\na,4,,\na,5\na,6,,7\na,,,");
  assertEquals(
    rows.map((row) => typeof row === "string" ? row : [...decodeSeries(row).values]),
    [[1, 2, 3], [4], [5], "invalid_sample", "invalid_sample"],
  );
});

Deno.test("readCsvSamples() refuses what is no such table", async () => {
  for (
    const [text, code] of [
      ["text,kind\na,b", "malformed_request"],
      ["class\na", "malformed_request"],
      ['text,class\n"open,a', "malformed_request"],
      [`text,class\n${"a".repeat(200)},b`, "body_too_large"],
    ] as const
  ) {
    const error = await assertRejects(() => readAll(source("text", text, 100)), ServiceError);
    assertEquals(error.code, code, text);
  }
  assertEquals(await readAll(source("text", "")), []);
});

Deno.test("readCsvSamples() refuses more columns than it can keep, and names the limit", async () => {
  // One column for the class, the others for numbers.
  const table = (columns: number) => `class${",".repeat(columns - 1)}\na,1\n`;
  const read = (columns: number) => readAll(source("vector", table(columns), 1_000_000));
  const error = await assertRejects(() => read(131_073), ServiceError);
  assertEquals(error.code, "invalid_value");
  assertStringIncludes(error.message, "at most 131072 columns: it has 131073");
  const [[, code] = []] = await read(131_072);
  assertEquals(code, "invalid_sample");
});

Deno.test("readCsvSamples() works on the fields of a record, however wide the header is", async () => {
  // Half a billion fields, were each record filled up to the width of the header.
  const text = `class${",".repeat(100_000)}\n${"a\n".repeat(5_000)}`;
  const start = performance.now();
  const samples = await Array.fromAsync(source("vector", text, 1_000_000));
  assertEquals(samples.length, 5_000);
  assert(performance.now() - start < 5_000);
  const [first] = samples;
  assertEquals(
    first && "reason" in first && first.reason,
    "Cannot read sample as it must have a number in each of 100000 columns: it has 0",
  );
});

Deno.test("readCsvSamples() rejects a record with more fields than columns, and says what it found", async () => {
  async function readReasons(kind: ReadCsvSamplesOptions["kind"], text: string) {
    const samples = await Array.fromAsync(source(kind, text));
    return samples.map((sample) => "reason" in sample ? sample.reason : "accepted");
  }
  const texts = await readReasons("text", "class,text\nin,hello, my friend\nout,bye,,\n");
  assertStringIncludes(texts[0] ?? "", "at most 2 fields, one for each column: it has 3");
  assertEquals(texts[1], "accepted");
  const vectors = await readReasons("vector", "class,x,y\nin,1,2,3\nin,a,2\n");
  assertStringIncludes(vectors[0] ?? "", "at most 3 fields");
  assertStringIncludes(vectors[1] ?? "", 'value 1 must be a finite number: "a"');
});

Deno.test("readCsvSamples() lets a name at the end be left out", async () => {
  const rows = await readBytes("vector", "x,class,name\n1,a\n2,b,\n");
  assertEquals(rows.map((row) => typeof row === "string" ? row : [...decodeVector(row)]), [
    [1],
    [2],
  ]);
});

Deno.test("readCsvSamples() stops reading when its reader does, and fails when the stream does", async () => {
  let cancelled = false;
  const endless = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(new TextEncoder().encode("text,class\n")),
    pull: (controller) => controller.enqueue(new TextEncoder().encode("nice,good\n")),
    cancel: () => void (cancelled = true),
  });
  for await (const _ of readCsvSamples(endless, { kind: "text", recordLengthMax: 100 })) break;
  await new Promise((resolve) => setTimeout(resolve, 10));
  assertEquals(cancelled, true);
  const broken = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.error(new TypeError("The client went away")),
  });
  await assertRejects(
    () => readAll(readCsvSamples(broken, { kind: "text", recordLengthMax: 100 })),
    TypeError,
    "went away",
  );
});
