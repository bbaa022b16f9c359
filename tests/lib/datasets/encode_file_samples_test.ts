import { assertEquals } from "@std/assert";
import { encodeFileSamples } from "../../../lib/datasets/encode_file_samples.ts";
import { decodeSeries, decodeVector } from "../../../lib/datasets/encode_values.ts";
import type { SampleSource } from "../../../lib/datasets/sample_source.ts";
import type { DatasetKind } from "../../../lib/storage/datasets/datasets.ts";
import { encode, textSample } from "../storage/storage_fixtures.ts";

async function* files(...contents: string[]): SampleSource {
  for (const content of contents) yield textSample(content, "a");
}

async function encodeAll(kind: DatasetKind, ...contents: string[]) {
  const found = await Array.fromAsync(encodeFileSamples(files(...contents), kind));
  return found.map((sample) => "bytes" in sample ? sample.bytes : sample.code);
}

Deno.test("encodeFileSamples() keeps pictures and texts as they are", async () => {
  for (const kind of ["image", "text"] as const) {
    assertEquals(await encodeAll(kind, "1,2"), [encode("1,2")]);
  }
});

Deno.test("encodeFileSamples() reads numbers for series and vectors", async () => {
  const [series = "", uneven] = await encodeAll("series", "1,2\r\n3,4\n5,6\n", "1,2\n3");
  assertEquals(typeof series === "string" ? series : decodeSeries(series), {
    steps: 3,
    channels: 2,
    values: new Float32Array([1, 2, 3, 4, 5, 6]),
  });
  assertEquals(uneven, "invalid_sample");
  const vectors = await encodeAll("vector", "1,2.5,-3", "1\n2.5\n-3\n");
  for (const vector of vectors) {
    assertEquals(typeof vector === "string" ? vector : [...decodeVector(vector)], [1, 2.5, -3]);
  }
});

Deno.test("encodeFileSamples() rejects what are no numbers, or too many, and goes on", async () => {
  const long = "1,".repeat(2.1e6);
  const [text, empty, header, longest, good = ""] = await encodeAll(
    "vector",
    "one",
    "",
    "x,y\n1,2",
    long,
    "7",
  );
  assertEquals([text, empty, header, longest], [
    "invalid_sample",
    "invalid_sample",
    "invalid_sample",
    "body_too_large",
  ]);
  assertEquals(typeof good === "string" ? good : [...decodeVector(good)], [7]);
});

Deno.test("encodeFileSamples() passes on what is rejected already", async () => {
  async function* rejected(): SampleSource {
    yield { name: "a", code: "invalid_archive", reason: "It is damaged" };
  }
  assertEquals(await Array.fromAsync(encodeFileSamples(rejected(), "vector")), [
    { name: "a", code: "invalid_archive", reason: "It is damaged" },
  ]);
});

Deno.test("encodeFileSamples() names the value that is no number", async () => {
  const [sample] = await Array.fromAsync(encodeFileSamples(files("1,x\n"), "series"));
  const reason = sample && "reason" in sample ? sample.reason : "";
  assertEquals(reason, 'Cannot read sample as value 2 must be a finite number: "x"');
});
