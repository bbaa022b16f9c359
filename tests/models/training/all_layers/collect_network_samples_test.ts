import { assertEquals, assertRejects } from "@std/assert";
import { encodeSeries, encodeVector } from "../../../../lib/datasets/encode_values.ts";
import { ServiceError } from "../../../../lib/service_error.ts";
import { listJobSamples } from "../../../../lib/storage/jobs/job_samples.ts";
import { openSqliteDatabase } from "../../../../lib/storage/sqlite_database.ts";
import {
  collectNetworkSamples,
  type CollectNetworkSamplesOptions,
} from "../../../../models/training/all_layers/collect_network_samples.ts";
import { addJob, fillDataset } from "../training_fixtures.ts";

async function collect(
  contents: Uint8Array<ArrayBuffer>[],
  kind: CollectNetworkSamplesOptions["kind"],
  options: Partial<CollectNetworkSamplesOptions> = {},
) {
  await using database = await openSqliteDatabase(":memory:");
  const samples = contents.map((bytes, index) => [bytes, index % 2 === 0 ? "a" : "b"] as const);
  const { id } = await addJob(database, await fillDataset(database, samples, { kind }));
  let done = 0;
  const collected = await collectNetworkSamples(database, {
    samples: await listJobSamples(database, id),
    kind,
    folding: "lower",
    signal: new AbortController().signal,
    onProgress: (step) => done += step.done,
    ...options,
  });
  assertEquals(done, contents.length);
  return collected;
}

const toBytes = (text: string) => new TextEncoder().encode(text);

Deno.test("collectNetworkSamples() joins series, and leaves out those of other channels", async () => {
  const { data, input, rejected, samples } = await collect([
    encodeSeries([[1, 2], [3, 4]]),
    encodeSeries([[5, 6, 7]]),
    encodeSeries([[8, 9]]),
  ], "series");
  assertEquals(input, { kind: "series", channels: 2, stepsMax: 1_000_000 });
  assertEquals(data, {
    kind: "series",
    values: Float32Array.of(1, 2, 3, 4, 8, 9),
    width: 2,
    starts: Uint32Array.of(0, 2, 3),
  });
  assertEquals(samples.map(({ name }) => name), ["0.bin", "2.bin"]);
  assertEquals(rejected.map(({ sample, error }) => [sample.name, error.message]), [[
    "1.bin",
    "Cannot use series as it must have 2 channels and at most 4096 steps: it has 3 and 1",
  ]]);
});

Deno.test("collectNetworkSamples() goes by most of the samples, not by the first", async () => {
  const series = [[[1]], [[2]], [[3, 4]], [[5, 6]], [[7, 8]]].map((rows) => encodeSeries(rows));
  const { data, input, rejected } = await collect(series, "series");
  assertEquals(input, { kind: "series", channels: 2, stepsMax: 1_000_000 });
  assertEquals(data.values, Float32Array.of(3, 4, 5, 6, 7, 8));
  assertEquals(rejected.map(({ sample }) => sample.name), ["0.bin", "1.bin"]);
});

Deno.test("collectNetworkSamples() refuses samples of which no size is that of most", async () => {
  const series = [[[1]], [[2, 3]], [[4, 5]], [[6]]].map((rows) => encodeSeries(rows));
  const error = await assertRejects(
    () => collect(series, "series"),
    ServiceError,
    "most series must have the same number of channels: 2 have 1, 2 have 2",
  );
  assertEquals([error.code, error.param], ["invalid_value", "training_file"]);
});

Deno.test("collectNetworkSamples() makes a vocabulary of texts, or takes that of the model", async () => {
  const own = await collect([toBytes("Ba"), toBytes("ab")], "text");
  assertEquals(own.data.values, Int32Array.of(1, 0, 0, 1));
  const { data, rejected } = await collect([toBytes("Ba"), toBytes("ax")], "text", {
    input: {
      kind: "text",
      vocabulary: "^ab$",
      folding: "lower",
      start: "^",
      end: "$",
      charactersMax: 5,
    },
  });
  assertEquals(data.values, Int32Array.of(0, 2, 1, 3));
  assertEquals(rejected.map(({ sample }) => sample.name), ["1.bin"]);
});

Deno.test("collectNetworkSamples() takes vectors as one step each, of the model's length", async () => {
  const vectors = [encodeVector([1, 2, 3]), encodeVector([4, 5, 6])];
  const { data, input } = await collect(vectors, "vector");
  assertEquals(input, { kind: "vector", length: 3 });
  assertEquals([data.width, [...data.starts]], [3, [0, 1, 2]]);
  const { rejected } = await collect(vectors, "vector", { input: { kind: "vector", length: 2 } });
  assertEquals(rejected[1]?.error.message, "Cannot use vector as it must have 2 numbers: it has 3");
});

Deno.test("collectNetworkSamples() leaves out what is too long to train on", async () => {
  const long = encodeSeries(Array.from({ length: 4_097 }, () => 1));
  const { samples } = await collect([encodeSeries([1]), long], "series");
  assertEquals(samples.length, 1);
  const texts = await collect([toBytes("a"), toBytes("a".repeat(4_097))], "text");
  assertEquals(texts.samples.length, 1);
});

Deno.test("collectNetworkSamples() ends when the signal aborts", async () => {
  const signal = AbortSignal.abort(new Error("enough"));
  await assertRejects(() => collect([encodeSeries([1])], "series", { signal }), Error, "enough");
});
