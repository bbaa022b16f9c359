/** Series, text and vectors through the jobs API, to a model that answers. */
import { assert, assertAlmostEquals, assertEquals, assertStringIncludes } from "@std/assert";
import { existsSync } from "node:fs";
import { createRandom } from "../lib/random.ts";
import { openSqliteDatabase } from "../lib/storage/sqlite_database.ts";
import {
  allLayers,
  call,
  createTrainingApp,
  makeDataset,
  train,
  type TrainingApp,
} from "./training_app.ts";

const SERIES_FOLDER = new URL("../../shared/data/time-series/", import.meta.url);
const SKIPPED = existsSync(SERIES_FOLDER) ? "" : ", skipped: ../shared/data/time-series is absent";

/** Series of six channels whose first channel rises or falls. */
function drawMotion(count: number): { class: string; series: number[][] }[] {
  const random = createRandom(3);
  return Array.from({ length: count }, (_, index) => {
    const steps = 4 + Math.floor(5 * random());
    const slope = index % 2 === 0 ? 1 : -1;
    return {
      class: slope > 0 ? "rising" : "falling",
      series: Array.from({ length: steps }, (_, step) => [
        10 * random() + slope * 5 * step,
        ...Array.from({ length: 5 }, random),
      ]),
    };
  });
}

const toLines = (samples: object[]) => samples.map((sample) => JSON.stringify(sample)).join("\n");

const NAMES = ["Rossi", "Bianchi", "Ricci", "Marino", "Conti", "Gallo", "Mancini", "Lombardi"];
const OTHERS = [
  "Kowalski",
  "Nowak",
  "Wojcik",
  "Zielinski",
  "Szymanski",
  "Dabrowski",
  "Krol",
  "Mazur",
];
const NAMES_CSV = [
  "class,text",
  ...NAMES.map((name) => `italian,${name}`),
  ...OTHERS.map((name) => `polish,${name}`),
].join("\n");

async function classify(test: TrainingApp, model: string, inputs: unknown): Promise<string> {
  const { status, body } = await call(test, `/v1/models/${model}:classify`, { body: { inputs } });
  assertEquals(status, 200, JSON.stringify(body));
  return body.predictions[0].label;
}

async function open() {
  const database = await openSqliteDatabase(":memory:");
  const test = await createTrainingApp(database);
  return {
    ...test,
    async [Symbol.asyncDispose]() {
      await test[Symbol.asyncDispose]();
      await database[Symbol.asyncDispose]();
    },
  };
}

Deno.test("a job trains the last layer over motion-rnn, and all layers of it further", async () => {
  await using test = await open();
  const samples = drawMotion(60);
  const made = { name: "motions", kind: "series", body: toLines(samples) };
  assertEquals(await makeDataset(test, made), 60);
  const order = { model: "motion-rnn", training_file: "motions" };

  const last = await train(test, { ...order, name: "last" });
  assertEquals(last.body.status, "succeeded", JSON.stringify(last.body.error));
  assert(["rising", "falling"].includes(await classify(test, "last", samples[0]?.series)));

  const hyperparameters = { epochs: 40, learning_rate: 0.01 };
  const all = await train(test, { ...order, name: "all", ...allLayers(hyperparameters) });
  assertEquals(all.body.status, "succeeded", JSON.stringify(all.body.error));
  assertEquals(all.body.method.all_layers.hyperparameters.epochs, 40);
  for (const { class: label, series } of samples.slice(0, 4)) {
    assertEquals(await classify(test, "all", series), label);
  }
  const embedded = await call(test, "/v1/models/all:embed", {
    body: { inputs: samples[0]?.series },
  });
  assertEquals(embedded.body.embedding.length, 64);
  const version = await call(test, "/v1/models/all/versions/1", { method: "GET" });
  const { origin, metrics } = version.body;
  assertEquals([origin.method, origin.base.model], ["all_layers", "motion-rnn"]);
  assert(metrics.values.accuracy > 0.9);
  const evaluation = await call(test, new URL(all.body.urls.evaluation).pathname, {
    method: "GET",
  });
  assertEquals(evaluation.body.judged_by, "validation");

  // What was trained as a whole is a base like any other, for both methods.
  const onTop = await train(test, { model: "all", training_file: "motions", name: "top" });
  assertEquals(onTop.body.status, "succeeded", JSON.stringify(onTop.body.error));
  assertEquals(await classify(test, "top", samples[1]?.series), "falling");
  const again = {
    model: "top",
    training_file: "motions",
    name: "all",
    ...allLayers({ epochs: 1 }),
  };
  assertEquals((await train(test, again)).body.version, 2);
  const steps = await call(test, "/v1/models/all:classify?output_mode=all", {
    body: { inputs: samples[0]?.series },
  });
  assertEquals(steps.body.steps.length, samples[0]?.series.length);
  // And its state goes from piece to piece.
  const series = samples[0]?.series ?? [];
  const whole = await call(test, "/v1/models/all:classify", { body: { inputs: series } });
  const first = await call(test, "/v1/models/all:classify", {
    body: { inputs: series.slice(0, 2), return_state: true },
  });
  const rest = await call(test, "/v1/models/all:classify", {
    body: { inputs: series.slice(2), state: first.body.state },
  });
  const [expected, found] = [whole, rest].map(({ body }) => body.predictions[0]);
  assertEquals(found.label, expected.label);
  assertAlmostEquals(found.score, expected.score, 1e-5);
  // Its file can be taken elsewhere, and be imported.
  const exported = await test.app.request("/v1/models/all/export");
  assertEquals(exported.status, 200);
  const zip = await exported.arrayBuffer();
  const imported = await test.app.request("/v1/models?name=copy", { method: "POST", body: zip });
  assertEquals(imported.status, 201, await imported.clone().text());
  assertEquals((await imported.json()).labels, ["falling", "rising"]);
  const copied = await call(test, "/v1/models/copy:classify", { body: { inputs: series } });
  assertEquals(copied.body.predictions, whole.body.predictions);
  const onHead = await test.app.request("/v1/models/top/export");
  assertEquals(onHead.status, 404);
  assertStringIncludes((await onHead.json()).error, "it is a last layer over series on another");
});

Deno.test("a job trains names-lstm with CSV: the last layer, all layers, and one from scratch", async () => {
  await using test = await open();
  const made = { name: "names", kind: "text", body: NAMES_CSV, type: "text/csv" };
  assertEquals(await makeDataset(test, made), 16);
  const order = { model: "names-lstm", training_file: "names" };
  const last = await train(test, { ...order, name: "last" });
  assertEquals(last.body.status, "succeeded", JSON.stringify(last.body.error));
  assertEquals(await classify(test, "last", "Rossi"), "italian");
  const all = await train(test, {
    ...order,
    name: "all",
    ...allLayers({ epochs: 15, validation_split: 0 }),
  });
  assertEquals(all.body.status, "succeeded", JSON.stringify(all.body.error));
  assertEquals(await classify(test, "all", "Kowalski"), "polish");
  const layers = [{ type: "embedding", output_dim: 8 }, { type: "lstm", units: 16 }];
  const scratch = await train(test, {
    model: "none",
    training_file: "names",
    name: "scratch",
    ...allLayers({ layers, epochs: 60, learning_rate: 0.02, validation_split: 0 }),
  });
  assertEquals(scratch.body.status, "succeeded", JSON.stringify(scratch.body.error));
  assertEquals(await classify(test, "scratch", "MARINO"), "italian");
  const unknown = await call(test, "/v1/models/scratch:classify", { body: { inputs: "?!" } });
  assertEquals(unknown.status, 422);
  assertStringIncludes(unknown.body.error, "vocabulary");
  // Its file can be taken elsewhere, but says nothing of the characters that it knows.
  const exported = await test.app.request("/v1/models/scratch/export");
  assertEquals(exported.status, 200);
  const zip = await exported.arrayBuffer();
  const refused = await test.app.request("/v1/models?name=copy", { method: "POST", body: zip });
  assertEquals(refused.status, 422);
  assertStringIncludes((await refused.json()).error, "texts and vectors cannot be imported");
});

Deno.test("a job trains all layers over vectors, and further", async () => {
  await using test = await open();
  const random = createRandom(1);
  const rows = Array.from({ length: 80 }, () => [random(), random()] as const);
  const body = toLines(rows.map(([x, y]) => ({
    class: (x > 0.5) === (y > 0.5) ? "same" : "other",
    vector: [x, y],
  })));
  await makeDataset(test, { name: "points", kind: "vector", body });
  const hyperparameters = { layers: [{ type: "dense", units: 16 }], learning_rate: 0.03 };
  const order = { model: "none", training_file: "points", name: "xor" };
  const trained = await train(test, { ...order, ...allLayers(hyperparameters) });
  assertEquals(trained.body.status, "succeeded", JSON.stringify(trained.body.error));
  assertEquals(await classify(test, "xor", [0.1, 0.9]), "other");
  assertEquals(await classify(test, "xor", [0.9, 0.8]), "same");
  const further = { ...order, model: "xor", ...allLayers({ epochs: 2 }) };
  assertEquals((await train(test, further)).body.version, 2);
});

Deno.test("a job that trains all layers gives the same weights for the same seed", async () => {
  await using test = await open();
  await makeDataset(test, { name: "motions", kind: "series", body: toLines(drawMotion(20)) });
  const hashes = [];
  for (const name of ["one", "two"]) {
    const layers = [{ type: "gru", units: 4 }, { type: "simple_rnn", units: 4 }];
    const order = { model: "none", training_file: "motions", name };
    await train(test, { ...order, seed: 5, ...allLayers({ layers, epochs: 3 }) });
    const { body } = await call(test, `/v1/models/${name}:embed`, {
      body: { inputs: drawMotion(1)[0]?.series },
    });
    hashes.push(body.embedding);
  }
  assertEquals(hashes[0], hashes[1]);
  assertEquals(hashes[0].length, 4);
});

Deno.test("a job that trains all layers is cancelled within a second", async () => {
  await using test = await open();
  await makeDataset(test, { name: "motions", kind: "series", body: toLines(drawMotion(2_000)) });
  const order = { model: "none", training_file: "motions", name: "long" };
  const hyperparameters = { epochs: 1_000, patience: 0 };
  const { body } = await call(test, "/v1/fine_tuning/jobs", {
    body: { ...order, ...allLayers(hyperparameters) },
  });
  const path = `/v1/fine_tuning/jobs/${body.id}`;
  const read = async () => (await call(test, path, { method: "GET" })).body;
  while ((await read()).progress?.stage !== "training") {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const started = performance.now();
  await call(test, `${path}/cancel`);
  while ((await read()).status !== "cancelled") {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  assert(performance.now() - started < 1_000, `${performance.now() - started} ms`);
});

Deno.test("a job is refused whose method or layers do not fit model and samples", async () => {
  await using test = await open();
  await makeDataset(test, { name: "motions", kind: "series", body: toLines(drawMotion(4)) });
  await call(test, "/v1/datasets", { body: { name: "pictures", kind: "image" } });
  const gru = [{ type: "gru", units: 4 }];
  const cases: [Record<string, unknown>, string, string][] = [
    [{ model: "edge-cnn", training_file: "pictures", ...allLayers() }, "method.type", "gradient"],
    [{ model: "none", training_file: "pictures", ...allLayers() }, "method.type", "pictures"],
    [{ model: "motion-rnn", ...allLayers({ layers: gru }) }, "layers", "left out"],
    [{ model: "motion-rnn", ...allLayers({ folding: "none" }) }, "folding", "left out"],
    [
      { model: "none", ...allLayers({ layers: [{ type: "dense", units: 4 }] }) },
      "layers",
      "series",
    ],
    [{ model: "none", ...allLayers({ epochs: 0 }) }, "epochs", "1 to 1000"],
    [{ model: "none" }, "method.type", "or the method all_layers"],
    [{ model: "motion-rnn", ...allLayers(), hyperparameters: {} }, "hyperparameters", "method"],
    [{ model: "names-lstm", ...allLayers() }, "model", "text"],
  ];
  for (const [order, param, message] of cases) {
    const { status, body } = await train(test, { training_file: "motions", name: "no", ...order });
    assertEquals([status, body.error.code, body.error.param], [422, "invalid_value", param]);
    assertStringIncludes(body.error.message, message);
  }
});

/** The samples of one file in the format of the UEA archive: channels between colons. */
function readSeries(name: string): { class: string; series: number[][] }[] {
  const lines = Deno.readTextFileSync(new URL(name, SERIES_FOLDER)).split("\n");
  const rows = lines.map((line) => line.trim()).filter((line) => line && !/^[#@]/.test(line));
  return rows.map((line) => {
    const channels = line.split(":");
    const label = channels.pop() ?? "";
    const values = channels.map((channel) => channel.split(",").map(Number));
    const [first = []] = values;
    return {
      class: `speaker ${label}`,
      series: first.map((_, step) => values.map((channel) => channel[step] ?? NaN)),
    };
  });
}

Deno.test({
  name: `JapaneseVowels: a GRU from scratch gets 0.95 of the test split right${SKIPPED}`,
  ignore: SKIPPED !== "",
  async fn() {
    await using test = await open();
    const body = toLines(readSeries("JapaneseVowels_TRAIN.ts"));
    assertEquals(await makeDataset(test, { name: "vowels", kind: "series", body }), 270);
    for (const method of [{}, allLayers()]) {
      const order = { model: "motion-rnn", training_file: "vowels", name: "no", ...method };
      const refused = await train(test, order);
      assertEquals([refused.status, refused.body.error.param], [422, "model"]);
      assertStringIncludes(
        refused.body.error.message,
        "must have 6 channels: those of dataset vowels have 12",
      );
    }
    const layers = [{ type: "gru", units: 64 }];
    const order = { model: "none", training_file: "vowels", name: "speakers" };
    const started = performance.now();
    const job = await train(test, { ...order, ...allLayers({ layers }) });
    assertEquals(job.body.status, "succeeded", JSON.stringify(job.body.error));
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    const samples = readSeries("JapaneseVowels_TEST.ts");
    let hits = 0;
    for (let first = 0; first < samples.length; first += 32) {
      const chunk = samples.slice(first, first + 32);
      const { body } = await call(test, "/v1/models/speakers:classify?top_k=1", {
        body: { instances: chunk.map(({ series }) => series) },
      });
      hits += chunk.filter((sample, row) =>
        body.results[row].predictions[0].label === sample.class
      ).length;
    }
    const accuracy = hits / samples.length;
    await Deno.stderr.write(
      new TextEncoder().encode(`accuracy ${accuracy.toFixed(3)} on 370 series, job ${seconds} s\n`),
    );
    assertEquals(samples.length, 370);
    assert(accuracy >= 0.95, `${accuracy}`);
  },
});
