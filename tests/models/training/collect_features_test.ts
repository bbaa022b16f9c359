import { assertEquals, assertRejects } from "@std/assert";
import { encodeVector } from "../../../lib/datasets/encode_values.ts";
import { listJobSamples } from "../../../lib/storage/jobs/job_samples.ts";
import { ServiceError } from "../../../lib/service_error.ts";
import { collectFeatures, readVectors } from "../../../models/training/collect_features.ts";
import {
  addJob,
  BROKEN_BYTE,
  fillDataset,
  makePairs,
  makeVectorPairs,
  openTestStation,
} from "./training_fixtures.ts";

const OPTIONS = { signal: new AbortController().signal, onProgress: () => {} };

Deno.test("collectFeatures() shows every sample in every view and leaves broken ones out", async () => {
  await using station = await openTestStation();
  const broken = [Uint8Array.of(BROKEN_BYTE, 1), "low"] as const;
  const dataset = await fillDataset(station.database, [broken, ...makePairs(3)]);
  const { id } = await addJob(station.database, dataset);
  const samples = await listJobSamples(station.database, id);
  using lease = await station.models.acquire("tiny");
  const embedding = { ...station, model: lease.model };
  const collected = await collectFeatures(embedding, { ...OPTIONS, samples, augment: 2 });
  assertEquals(collected.samples, samples.slice(1));
  const firstOf = (matrix: Float32Array) => [0, 4, 8].map((at) => matrix[at]);
  assertEquals(firstOf(collected.features), [10, 101, 12]);
  assertEquals(collected.views.map(firstOf), [[11, 102, 13], [11, 102, 13]]);
  assertEquals(collected.length, 4);
  const [rejected, ...others] = collected.rejected;
  assertEquals([rejected?.sample, rejected?.error.code], [samples[0], "invalid_image"]);
  assertEquals(others, []);
});

Deno.test("readVectors() takes vectors for features", async () => {
  await using station = await openTestStation();
  const dataset = await fillDataset(station.database, makeVectorPairs(3), { kind: "vector" });
  const { id } = await addJob(station.database, dataset, { model: "none" });
  const samples = await listJobSamples(station.database, id);
  const { features, length, views } = await readVectors(station.database, samples);
  assertEquals([length, views, features.length], [4, [], 12]);
  assertEquals([...features.subarray(4, 8)], [101, 1, 1, 5]);
});

Deno.test("readVectors() refuses vectors of different lengths", async () => {
  await using station = await openTestStation();
  // A dataset has one length: only the bytes of another kind can differ.
  const dataset = await fillDataset(station.database, [
    [encodeVector([1, 2]), "a"],
    [encodeVector([1, 2, 3]), "b"],
  ]);
  const { id } = await addJob(station.database, dataset);
  const samples = await listJobSamples(station.database, id);
  const error = await assertRejects(() => readVectors(station.database, samples), ServiceError);
  assertEquals(error.code, "invalid_sample");
});
