import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { readConfig } from "../../../lib/config/config.ts";
import { addSamples } from "../../../lib/storage/datasets/add_samples.ts";
import { keepUpload } from "../../../lib/storage/datasets/uploads.ts";
import { listJobs } from "../../../lib/storage/jobs/jobs.ts";
import { publishVersion } from "../../../lib/storage/models/publish_version.ts";
import { ServiceError } from "../../../lib/service_error.ts";
import { checkOrder, type JobOrder, orderJob } from "../../../models/jobs/order_job.ts";
import { DATASET_LIMITS } from "../../lib/storage/storage_fixtures.ts";
import { fillDataset, makePairs, openTestStation } from "../training/training_fixtures.ts";

async function openOffice(environment: Record<string, string> = {}) {
  const station = await openTestStation();
  const dataset = await fillDataset(station.database, makePairs(4));
  const order: JobOrder = {
    model: "tiny",
    dataset,
    resultModel: "made",
    options: { seed: 9 },
    requestHash: "hash",
  };
  return {
    office: { ...station, limits: readConfig(environment) },
    order,
    database: station.database,
    [Symbol.asyncDispose]: () => station[Symbol.asyncDispose](),
  };
}

Deno.test("orderJob() makes a job with all options filled in", async () => {
  await using test = await openOffice();
  const { job, isNew } = await orderJob(test.office, test.order);
  assertEquals([isNew, job.status, job.model, job.resultModel], [true, "queued", "tiny", "made"]);
  const { seed, optimizer, augment, publish } = job.hyperparameters;
  assertEquals([seed, optimizer, augment, publish], [9, "lbfgs", 0, true]);
});

Deno.test("orderJob() refuses what could never succeed, and makes no job", async () => {
  await using test = await openOffice({ VERSIONS_MAX: "1" });
  const { office, order, database } = test;
  await publishVersion(database, {
    model: "full",
    card: {},
    labels: [],
    limits: { modelsMax: 9, versionsMax: 9 },
  });
  const low = makePairs(9).filter(([, name]) => name === "low");
  const oneClass = await fillDataset(database, low, { name: "one" });
  const cases: [Partial<JobOrder>, string][] = [
    [{ options: { epochs: 0 } }, "invalid_value"],
    [{ options: { negative: "low" } }, "invalid_value"],
    [{ model: "nothing" }, "model_not_found"],
    [{ model: "none" }, "invalid_value"],
    [{ resultModel: "tiny" }, "conflict"],
    [{ resultModel: "full" }, "limit_reached"],
    [{ dataset: oneClass }, "invalid_value"],
  ];
  for (const [change, code] of cases) {
    const error = await assertRejects(
      () => orderJob(office, { ...order, ...change }),
      ServiceError,
    );
    assertEquals(error.code, code, error.message);
  }
  assertEquals((await listJobs(database, { limit: 10 })).items, []);
});

Deno.test("orderJob() does not count on the samples of an upload that is under way", async () => {
  await using test = await openOffice();
  const { office, order, database } = test;
  const dataset = await fillDataset(database, makePairs(4).filter(([, name]) => name === "low"), {
    name: "filling",
  });
  const upload = { datasetId: dataset.id, uploadId: "upload-1" };
  const samples = makePairs(4).map(([bytes, name]) => ({ name: "new", class: name, bytes }));
  await addSamples(database, { ...upload, samples, limits: DATASET_LIMITS });
  const error = await assertRejects(
    () => orderJob(office, { ...order, dataset }),
    ServiceError,
    "at least 2 classes: it has 1",
  );
  assertEquals(error.code, "invalid_value");
  await keepUpload(database, upload);
  assertEquals((await orderJob(office, { ...order, dataset })).isNew, true);
});

Deno.test("checkOrder() names the method that trains on texts and series without a model", async () => {
  await using test = await openOffice();
  for (const kind of ["text", "series"] as const) {
    const order = { model: "none", kind, resultModel: "made", options: {} };
    const { message, param } = await assertRejects(
      () => checkOrder(test.office, order),
      ServiceError,
    );
    assertEquals(param, "method.type");
    assertStringIncludes(message, "must be of the kind vector or the method all_layers");
  }
  const vectors = { model: "none", kind: "vector", resultModel: "made", options: {} } as const;
  assertEquals((await checkOrder(test.office, vectors)).input, undefined);
});
