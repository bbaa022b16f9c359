import { assert, assertEquals, assertRejects } from "@std/assert";
import { readFeatureVectors } from "../../../lib/storage/feature_vectors.ts";
import { listJobSamples } from "../../../lib/storage/jobs/job_samples.ts";
import { ServiceError } from "../../../lib/service_error.ts";
import { type EmbeddingStep, embedSamples } from "../../../models/training/embed_samples.ts";
import { listAugmentedViews, PLAIN_VIEW } from "../../../models/training/sample_views.ts";
import type { FakeExecutor } from "../pool/fake_executor.ts";
import {
  addJob,
  BROKEN_BYTE,
  embedBytes,
  FEATURE_LENGTH,
  fillDataset,
  makePairs,
  openTestStation,
  type TestStation,
  type TestStationOptions,
} from "./training_fixtures.ts";

const NEVER = new AbortController().signal;

async function openEmbedding(
  samples: (readonly [Uint8Array<ArrayBuffer>, string])[],
  options?: TestStationOptions,
) {
  const station: TestStation = await openTestStation(options);
  const dataset = await fillDataset(station.database, samples);
  const job = await addJob(station.database, dataset);
  using lease = await station.models.acquire("tiny");
  const embedding = { ...station, model: lease.model };
  const steps: EmbeddingStep[] = [];
  return {
    ...station,
    [Symbol.asyncDispose]: () => station[Symbol.asyncDispose](),
    embedding,
    steps,
    options: {
      samples: await listJobSamples(station.database, job.id),
      view: PLAIN_VIEW,
      signal: NEVER,
      onProgress: (step: EmbeddingStep) => void steps.push(step),
    },
  };
}

Deno.test("embedSamples() embeds each sample once and stores it for the next time", async () => {
  const pairs = makePairs(150);
  await using test = await openEmbedding(pairs);
  const first = await embedSamples(test.embedding, test.options);
  assertEquals(first.features.length, 150 * FEATURE_LENGTH);
  assertEquals([...first.features.subarray(0, 4)], [...pairs[0]?.[0] ?? []]);
  assertEquals(test.executors[0]?.tasks.length, 150);
  assertEquals(test.steps.reduce((sum, { done }) => sum + done, 0), 150);
  const second = await embedSamples(test.embedding, test.options);
  assertEquals(second, first);
  assertEquals(test.executors[0]?.tasks.length, 150);
  assertEquals(test.steps.at(-1), { done: 22, embedded: 0 });
});

Deno.test("embedSamples() keeps the views of a sample apart", async () => {
  await using test = await openEmbedding(makePairs(2));
  await embedSamples(test.embedding, test.options);
  const [view = PLAIN_VIEW] = listAugmentedViews(1);
  const mirrored = await embedSamples(test.embedding, { ...test.options, view });
  assertEquals(mirrored.features[0], 11);
  const query = test.executors[0]?.tasks.at(-1)?.query;
  assert(query?.verb === "embed" && query.view?.mirrored);
  assertEquals((await embedSamples(test.embedding, test.options)).features[0], 10);
});

Deno.test("embedSamples() says why a sample has no feature vector, and goes on", async () => {
  const broken = [Uint8Array.of(BROKEN_BYTE, 1), "low"] as const;
  await using test = await openEmbedding([...makePairs(2), broken]);
  const { features, rejected } = await embedSamples(test.embedding, test.options);
  assertEquals([...rejected].map(([row, { code }]) => [row, code]), [[2, "invalid_image"]]);
  assertEquals([...features.subarray(8)], [0, 0, 0, 0]);
});

Deno.test("embedSamples() tries a sample again whose worker was lost, and then gives it up", async () => {
  const executors: FakeExecutor[] = [];
  let losses = 1;
  const run: TestStationOptions["run"] = (task) => {
    if (losses-- <= 0) return embedBytes(task);
    executors.at(-1)?.terminate("crashed");
    return new Promise(() => {});
  };
  await using test = await openEmbedding(makePairs(1), { run, executors });
  assertEquals((await embedSamples(test.embedding, test.options)).rejected.size, 0);
  losses = 2;
  const [view = PLAIN_VIEW] = listAugmentedViews(1);
  const { rejected } = await embedSamples(test.embedding, { ...test.options, view });
  assertEquals(rejected.get(0)?.code, "worker_lost");
  assertEquals(executors.length, 4);
});

Deno.test("embedSamples() ends with its signal and keeps what it has stored", async () => {
  const controller = new AbortController();
  let calls = 0;
  const run: TestStationOptions["run"] = (task) => {
    if (++calls === 50) controller.abort(new Error("stop"));
    return embedBytes(task);
  };
  await using test = await openEmbedding(makePairs(100), { run });
  const options = { ...test.options, signal: controller.signal };
  await assertRejects(() => embedSamples(test.embedding, options), Error, "stop");
  const stored = await readFeatureVectors(test.database, {
    backboneSha256: test.embedding.model.backboneSha256,
    view: "",
    sha256s: options.samples.map(({ sha256 }) => sha256),
  });
  assertEquals(stored.size, 32);
});

Deno.test("embedSamples() throws what is not the fault of a sample", async () => {
  await using test = await openEmbedding(makePairs(2), {
    run: () => Promise.reject(new ServiceError("internal_error", "out of order")),
  });
  await assertRejects(() => embedSamples(test.embedding, test.options), ServiceError, "order");
});
