import { assertEquals, assertRejects } from "@std/assert";
import { importSamples } from "../../../lib/datasets/import_samples.ts";
import type { SampleSource } from "../../../lib/datasets/sample_source.ts";
import { ServiceError } from "../../../lib/service_error.ts";
import type { Database, OpenDatabase } from "../../../lib/storage/database.ts";
import { listClasses } from "../../../lib/storage/datasets/datasets.ts";
import {
  addTexts,
  DATASET_LIMITS,
  makeDataset,
  storedTexts,
  textSample,
} from "../storage/storage_fixtures.ts";
import { testWithDatabase } from "../storage/test_databases.ts";

async function* sourceOf(
  ...samples: (readonly [text: string, className: string] | Error)[]
): SampleSource {
  for (const sample of samples) {
    if (sample instanceof Error) throw sample;
    yield textSample(...sample);
  }
}

function importInto(
  database: Database,
  datasetId: string,
  source: SampleSource,
  signal = new AbortController().signal,
) {
  return importSamples(database, source, {
    datasetId,
    limits: { ...DATASET_LIMITS, samplesMax: 1000, bytesMax: 1_000_000 },
    reportedMax: 2,
    signal,
    validate({ bytes }) {
      if (bytes.length === 0) throw new ServiceError("invalid_sample", "It is empty");
    },
  });
}

testWithDatabase("importSamples() counts what became of each sample", async (database) => {
  const { id } = await makeDataset(database);
  await addTexts(database, id, [["old", "cats"]]);
  const report = await importInto(
    database,
    id,
    sourceOf(["old", "cats"], ["new", "cats"], ["old", "dogs"], ["", "cats"], ["new", "cats"]),
  );
  assertEquals(report, {
    accepted: 2,
    duplicates: 2,
    rejected: 1,
    rejections: [{ name: ".txt", code: "invalid_sample", reason: "It is empty" }],
    ambiguous: [
      { name: "old.txt", class: "dogs", otherClasses: ["cats"] },
    ],
  });
});

testWithDatabase("importSamples() names only the first rejected samples", async (database) => {
  const { id } = await makeDataset(database);
  const report = await importInto(database, id, sourceOf(["", "a"], ["", "b"], ["", "c"]));
  assertEquals([report.rejected, report.rejections.length], [3, 2]);
});

testWithDatabase("importSamples() stores more than one batch", async (database) => {
  const { id } = await makeDataset(database);
  const texts = Array.from({ length: 450 }, (_, index) => [`text ${index}`, "a"] as const);
  const report = await importInto(database, id, sourceOf(...texts));
  assertEquals(report.accepted, 450);
  assertEquals((await listClasses(database, id))[0]?.samples, 450);
});

testWithDatabase(
  "importSamples() leaves the store as it was when the upload breaks off",
  async (database) => {
    const { id } = await makeDataset(database);
    await addTexts(database, id, [["old", "cats"]]);
    const before = await listClasses(database, id);
    const texts = Array.from({ length: 250 }, (_, index) => [`text ${index}`, "dogs"] as const);
    await assertRejects(
      () => importInto(database, id, sourceOf(["old", "cats"], ...texts, new TypeError("gone"))),
      TypeError,
      "gone",
    );
    assertEquals(await storedTexts(database), ["old"]);
    assertEquals(await listClasses(database, id), before);
  },
);

testWithDatabase(
  "importSamples() leaves nothing when the database is away at the end of the upload",
  async (database) => {
    const { id } = await makeDataset(database);
    let isAway = false;
    const away = Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" });
    const unsteady: OpenDatabase = {
      ...database,
      transact: (work) => isAway ? Promise.reject(away) : database.transact(work),
    };
    async function* source(): SampleSource {
      for (let index = 0; index < 250; index++) yield textSample(`text ${index}`, "dogs");
      isAway = true;
    }
    const error = await assertRejects(() => importInto(unsteady, id, source()));
    assertEquals(error, away);
    assertEquals((await listClasses(database, id))[0]?.samples, 200);
    isAway = false;
    for (const ends = performance.now() + 10_000; performance.now() < ends;) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      if ((await storedTexts(database)).length === 0) break;
    }
    assertEquals(await storedTexts(database), []);
    assertEquals(await listClasses(database, id), []);
  },
);

testWithDatabase(
  "importSamples() ends when nobody wants it any longer, and leaves nothing",
  async (database) => {
    const { id } = await makeDataset(database);
    const controller = new AbortController();
    async function* source(): SampleSource {
      for (let index = 0; index < 400; index++) {
        if (index === 250) controller.abort(new ServiceError("deadline_exceeded", "Too late"));
        yield textSample(`text ${index}`, "dogs");
      }
    }
    await assertRejects(
      () => importInto(database, id, source(), controller.signal),
      ServiceError,
      "Too late",
    );
    assertEquals(await storedTexts(database), []);
  },
);

testWithDatabase(
  "importSamples() refuses an unknown dataset, also for an empty upload",
  async (database) => {
    for (const source of [sourceOf(), sourceOf(["a", "a"])]) {
      const error = await assertRejects(() => importInto(database, "none", source), ServiceError);
      assertEquals(error.code, "dataset_not_found");
    }
  },
);
