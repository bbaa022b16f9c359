/** Datasets over HTTP, for tests. */
import { assertEquals } from "@std/assert";
import { listDatasets } from "../../lib/storage/datasets/datasets.ts";
import { listSamples } from "../../lib/storage/datasets/samples.ts";
import type { FakeBehaviour } from "../models/pool/fake_executor.ts";
import { makeDataDir } from "../server_process.ts";
import type { Services } from "../../routes/services.ts";
import { createTestApp, type TestApp } from "./test_app.ts";

/** Sends a request with a JSON body. */
export function sendJson(
  { app }: TestApp,
  path: string,
  { method = "POST", body }: { method?: string; body: unknown },
): Promise<Response> {
  return Promise.resolve(app.request(path, { method, body: JSON.stringify(body) }));
}

/** Makes an empty dataset. */
export async function makeDataset(test: TestApp, name: string, kind = "text"): Promise<void> {
  const { status } = await sendJson(test, "/v1/datasets", { body: { name, kind } });
  assertEquals(status, 201);
}

/** Adds a text to a dataset and gives its id. */
export async function addText(
  test: TestApp,
  dataset: string,
  [text, className]: readonly [text: string, className: string],
): Promise<string> {
  const path = `/v1/datasets/${dataset}/samples`;
  const added = await test.app.request(`${path}?class=${className}`, {
    method: "POST",
    body: text,
    headers: { "Content-Type": "text/plain" },
  });
  assertEquals((await added.json()).accepted, 1);
  const { samples } = await (await test.app.request(`${path}?limit=100`)).json();
  return samples.at(-1).id;
}

/** All that is stored in datasets, to compare before and after. */
export async function readStore({ database }: TestApp): Promise<unknown> {
  const { items } = await listDatasets(database, { limit: 100 });
  const samples = await Promise.all(
    items.map(({ id }) => listSamples(database, { datasetId: id, limit: 10_000 })),
  );
  const blobs = await database.query.selectFrom("blobs").select("sha256").execute();
  return { items, samples, blobs: blobs.map(({ sha256 }) => sha256).sort() };
}

/** A test app with a data folder of its own. */
export async function createDatasetApp(
  environment: Record<string, string> = {},
  { behaviour = {}, ...services }: Partial<Services> & { behaviour?: FakeBehaviour } = {},
): Promise<TestApp & { dataDir: string }> {
  const folder = await makeDataDir();
  const test = await createTestApp(behaviour, {
    ...services,
    environment: { DATA_DIR: folder.path, ...environment },
  });
  return {
    ...test,
    dataDir: folder.path,
    async [Symbol.asyncDispose]() {
      await test[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}
