import { assertEquals, assertRejects } from "@std/assert";
import { decodeSeries, decodeVector } from "../../../lib/datasets/encode_values.ts";
import { readNdjsonSamples } from "../../../lib/datasets/read_ndjson_samples.ts";
import { ServiceError } from "../../../lib/service_error.ts";
import type { DatasetKind } from "../../../lib/storage/datasets/datasets.ts";
import { readAll, streamText } from "./sample_fixtures.ts";

function source(kind: DatasetKind, ...lines: unknown[]) {
  const text = lines.map((line) => typeof line === "string" ? line : JSON.stringify(line));
  return readNdjsonSamples(streamText(text.join("\n")), { kind, lineBytesMax: 200 });
}

async function firstBytes(kind: DatasetKind, line: unknown): Promise<Uint8Array<ArrayBuffer>> {
  for await (const sample of source(kind, line)) {
    if ("bytes" in sample) return sample.bytes;
    throw new Error(sample.reason);
  }
  throw new Error("No sample");
}

Deno.test("readNdjsonSamples() reads texts with class or label, and names", async () => {
  const lines = [{ class: "good", text: "nice" }, "", { label: "bad", text: "", name: "row\0" }];
  assertEquals(await readAll(source("text", ...lines)), [
    ["line 1", "good", "nice"],
    ["row\ufffd", "bad", ""],
  ]);
});

Deno.test("readNdjsonSamples() reads images, series and vectors", async () => {
  assertEquals(await readAll(source("image", { class: "a", image: btoa("bytes") })), [
    ["line 1", "a", "bytes"],
  ]);
  const vector = await firstBytes("vector", { class: "a", vector: [1, 2.5] });
  assertEquals(decodeVector(vector), new Float32Array([1, 2.5]));
  const series = await firstBytes("series", { class: "a", series: [[1, 2], [3, 4]] });
  assertEquals(decodeSeries(series).steps, 2);
});

Deno.test("readNdjsonSamples() rejects lines by number and goes on", async () => {
  const lines = [
    "{",
    "null",
    "1",
    { text: "no class" },
    { class: 1, text: "a" },
    { class: "a" },
    { class: "a", text: 1 },
    { class: "a", text: "good" },
  ];
  const found = await readAll(source("text", ...lines));
  assertEquals(
    found.slice(0, 7),
    lines.slice(0, 7).map((_, index) => [
      `line ${index + 1}`,
      "invalid_sample",
    ]),
  );
  assertEquals(found[7], ["line 8", "a", "good"]);
  for (const image of [1, "%%%"]) {
    assertEquals(await readAll(source("image", { class: "a", image })), [
      ["line 1", "invalid_sample"],
    ]);
  }
});

Deno.test("readNdjsonSamples() rejects a text with half of a character, and does not replace it", async () => {
  const lines = ['{"class": "a", "text": "x\\udc00"}', '{"class": "a", "text": "\\ud83d\\ude00"}'];
  assertEquals(await readAll(source("text", ...lines)), [
    ["line 1", "invalid_sample"],
    ["line 2", "a", "\u{1f600}"],
  ]);
});

Deno.test("readNdjsonSamples() does not parse a long line of many values for a picture", async () => {
  const read = (line: unknown) =>
    readAll(
      readNdjsonSamples(streamText(JSON.stringify(line), 10_000), {
        kind: "image",
        lineBytesMax: 200_000,
      }),
    );
  const image = btoa("a".repeat(90_000));
  assertEquals((await read({ class: "a", image }))[0]?.slice(0, 2), ["line 1", "a"]);
  const found = await read({ class: "a", image, more: Array(100).fill(1) });
  assertEquals(found, [["line 1", "invalid_sample"]]);
});

Deno.test("readNdjsonSamples() refuses a line that is too long", async () => {
  const error = await assertRejects(
    () => readAll(source("text", { class: "a", text: "a".repeat(200) })),
    ServiceError,
  );
  assertEquals(error.code, "body_too_large");
});
