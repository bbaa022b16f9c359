import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  receiveSamples,
  type ReceiveSamplesOptions,
  type SampleLimits,
  type SampleUpload,
} from "../../../lib/datasets/receive_samples.ts";
import { ServiceError } from "../../../lib/service_error.ts";
import type { Database } from "../../../lib/storage/database.ts";
import type { DatasetKind } from "../../../lib/storage/datasets/datasets.ts";
import { listSamples } from "../../../lib/storage/datasets/samples.ts";
import { makeZip } from "../archives/archive_fixtures.ts";
import { readFixture } from "../images/fixture_pictures.ts";
import { makeDataset, storedTexts } from "../storage/storage_fixtures.ts";
import { testWithDatabase } from "../storage/test_databases.ts";
import { streamText } from "./sample_fixtures.ts";

const LIMITS: SampleLimits = {
  datasetUploadBytesMax: 10_000,
  datasetBytesMax: 10_000,
  sampleBytesMax: 5_000,
  samplesMax: 10,
  classesMax: 3,
  pixelsMax: 10_000,
};

/** Receives into a dataset of its own, and gives `[name, class]` of all that is stored there. */
async function receive(
  database: Database,
  upload: Partial<SampleUpload> & { body: ReadableStream<Uint8Array> },
  { kind = "text", limits = {}, ...options }:
    & Partial<Omit<ReceiveSamplesOptions, "limits">>
    & { kind?: DatasetKind; limits?: Partial<SampleLimits> } = {},
) {
  const dataset = await makeDataset(database, crypto.randomUUID(), kind);
  const directory = await Deno.makeTempDir({ prefix: "lastlayer-" });
  try {
    const report = await receiveSamples(database, { contentType: "", ...upload }, {
      dataset,
      directory,
      limits: { ...LIMITS, ...limits },
      signal: new AbortController().signal,
      ...options,
    });
    const { items } = await listSamples(database, { datasetId: dataset.id, limit: 100 });
    return { report, samples: items.map((item) => [item.name, item.class]) };
  } finally {
    assertEquals([...Deno.readDirSync(directory)], []);
    await Deno.remove(directory);
  }
}

function streamBytes(bytes: Uint8Array): ReadableStream<Uint8Array> {
  return ReadableStream.from([bytes]);
}

async function refuse(...args: Parameters<typeof receive>): Promise<string> {
  const error = await assertRejects(() => receive(...args), ServiceError);
  assertEquals(await storedTexts(args[0]), []);
  return error.code;
}

testWithDatabase("receiveSamples() takes one sample with its class", async (database) => {
  const body = streamBytes(readFixture("baseline.jpg"));
  const upload = { body, contentType: "image/jpeg", class: "cat", name: "a.jpg" };
  const { report, samples } = await receive(database, upload, { kind: "image" });
  assertEquals(report.accepted, 1);
  assertEquals(samples, [["a.jpg", "cat"]]);
});

testWithDatabase("receiveSamples() takes a form, and names what it rejects", async (database) => {
  const form = new FormData();
  form.append("cat", new File([new Uint8Array(readFixture("baseline.jpg"))], "a.jpg"));
  form.append("cat", new File(["no picture"], "b.jpg"));
  const response = new Response(form);
  assert(response.body);
  const contentType = response.headers.get("Content-Type") ?? "";
  const upload = { body: response.body, contentType };
  const { report, samples } = await receive(database, upload, { kind: "image" });
  assertEquals(samples, [["a.jpg", "cat"]]);
  assertEquals(report.rejections.map(({ name, code }) => [name, code]), [[
    "b.jpg",
    "not_an_image",
  ]]);
});

testWithDatabase("receiveSamples() takes a zip of class folders", async (database) => {
  for (const contentType of ["application/zip", "application/octet-stream", ""]) {
    const zip = await makeZip([["cats/a.txt", "meow"], ["dogs/b.txt", "woof"]]);
    const { samples } = await receive(database, { body: streamBytes(zip), contentType });
    assertEquals(samples, [["cats/a.txt", "cats"], ["dogs/b.txt", "dogs"]]);
  }
});

testWithDatabase("receiveSamples() takes NDJSON and CSV", async (database) => {
  const line = JSON.stringify({ class: "good", text: "nice" });
  const ndjson = { body: streamText(line), contentType: "application/x-ndjson; charset=utf-8" };
  assertEquals((await receive(database, ndjson)).samples, [["line 1", "good"]]);
  const csv = { body: streamText("class,x,y\na,1,2\nb,3,4"), contentType: "text/csv" };
  assertEquals((await receive(database, csv, { kind: "vector" })).samples, [
    ["record 2", "a"],
    ["record 3", "b"],
  ]);
});

testWithDatabase("receiveSamples() takes CSV with a class for one series", async (database) => {
  const upload = { body: streamText("1,2\n3,4"), contentType: "text/csv", class: "walk" };
  assertEquals((await receive(database, upload, { kind: "series" })).samples, [
    ["sample", "walk"],
  ]);
});

testWithDatabase(
  "receiveSamples() refuses other types, and bodies without samples",
  async (database) => {
    const body = () => streamText("");
    assertEquals(
      await refuse(database, { body: body(), contentType: "image/png" }),
      "unsupported_media_type",
    );
    assertEquals(
      await refuse(database, { body: body(), contentType: "text/csv" }, { kind: "image" }),
      "unsupported_media_type",
    );
    assertEquals(
      await refuse(database, { body: body(), contentType: "text/csv" }),
      "invalid_value",
    );
    assertEquals(
      await refuse(database, { body: body(), contentType: "application/zip" }),
      "invalid_archive",
    );
    const zip = streamBytes(await makeZip([["__MACOSX/a", "1"]]));
    assertEquals(
      await refuse(database, { body: zip, contentType: "application/zip" }),
      "invalid_value",
    );
  },
);

testWithDatabase(
  "receiveSamples() refuses a class beside a body that has its own",
  async (database) => {
    for (
      const contentType of [
        "multipart/form-data; boundary=b",
        "application/zip",
        "application/x-ndjson",
      ]
    ) {
      assertEquals(
        await refuse(database, { body: streamText("1"), contentType, class: "a" }),
        "invalid_value",
      );
    }
  },
);

testWithDatabase(
  "receiveSamples() refuses one sample that cannot be used, with its own error",
  async (database) => {
    const upload = { body: streamText("no picture"), contentType: "image/jpeg", class: "cat" };
    assertEquals(await refuse(database, upload, { kind: "image" }), "not_an_image");
    assertEquals(
      await refuse(database, { body: streamText("long"), class: "a" }, {
        limits: { sampleBytesMax: 3 },
      }),
      "body_too_large",
    );
    assertEquals(await refuse(database, { body: streamText("a"), class: " " }), "invalid_sample");
  },
);

testWithDatabase("receiveSamples() keeps to the limits of an upload", async (database) => {
  const zip = await makeZip([["a/1", "1"], ["a/2", "2"]]);
  for (const contentType of ["application/zip", "application/x-ndjson", "text/csv"]) {
    const upload = { body: streamBytes(zip), contentType };
    assertEquals(
      await refuse(database, upload, { limits: { datasetUploadBytesMax: zip.length - 1 } }),
      "body_too_large",
    );
  }
  const bomb = streamBytes(
    await makeZip([["a/zeros", new Uint8Array(4_900)], ["a/more", new Uint8Array(4_900)]]),
  );
  assertEquals(
    await refuse(database, { body: bomb }, { limits: { datasetBytesMax: 9_799 } }),
    "body_too_large",
  );
});

testWithDatabase("receiveSamples() leaves nothing when the deadline passes", async (database) => {
  const controller = new AbortController();
  const lines = [1, 2, 3].map((n) => `${JSON.stringify({ class: "a", text: `text ${n}` })}\n`);
  const body = new ReadableStream<Uint8Array>({
    pull(stream) {
      const line = lines.shift();
      if (line) return stream.enqueue(new TextEncoder().encode(line));
      controller.abort(new ServiceError("deadline_exceeded", "Too late"));
      return new Promise(() => {});
    },
  });
  const upload = { body, contentType: "application/x-ndjson" };
  assertEquals(await refuse(database, upload, { signal: controller.signal }), "deadline_exceeded");
});
