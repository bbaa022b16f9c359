import { assertAlmostEquals, assertEquals, assertStringIncludes } from "@std/assert";
import { zipFiles } from "../lib/archives/zip_files.ts";
import { openSqliteDatabase } from "../lib/storage/sqlite_database.ts";
import { makeKerasGraph } from "./models/formats/keras_graph_fixtures.ts";
import { editModelFile } from "./models/formats/tfjs_fixtures.ts";
import { makeSeriesZip } from "./models/archive/archive_fixtures.ts";
import { createStoredApp, type StoredApp } from "./stored_app.ts";

const SERIES = Array.from({ length: 9 }, (_, t) => [Math.sin(t), Math.cos(2 * t)]);

async function importModel({ app }: StoredApp, name: string, zip: BodyInit): Promise<void> {
  const response = await app.request(`/v1/models?name=${name}`, { method: "POST", body: zip });
  assertEquals(response.status, 201, await response.text());
}

async function ask({ app }: StoredApp, path: string, body: unknown) {
  const response = await app.request(`/v1/models/${path}`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  return { status: response.status, ...await response.json() };
}

for (const isLowered of [false, true]) {
  const form = isLowered ? "a circle of nodes" : "one node";
  Deno.test(`a graph whose loop over time is ${form} is imported and read in pieces`, async () => {
    await using database = await openSqliteDatabase(":memory:");
    using service = await createStoredApp(database);
    const layers = [{ cell: "LSTM", units: 6 }, { cell: "GRUResetAfter", units: 5 }] as const;
    const graph = makeKerasGraph({ layers: [...layers], channels: 2, classes: 4, isLowered });
    const files = editModelFile(graph, ({ modelTopology: { node: nodes } }) => {
      const shape = { shape: { unknownRank: true } };
      nodes.unshift({ name: "unused_control_flow_input", op: "Placeholder", attr: { shape } });
    });
    await importModel(service, "loops", await zipFiles(files));
    const { input } = await (await service.app.request("/v1/models/loops")).json();
    assertEquals([input.kind, input.channels], ["series", 2]);
    const path = "loops:predict?output_mode=all&return_state=true";
    const whole = await ask(service, path, { inputs: SERIES });
    assertEquals([whole.status, whole.outputs.length, whole.steps_so_far], [200, 9, 9]);
    const first = await ask(service, path, { inputs: SERIES.slice(0, 4) });
    const rest = await ask(service, path, { inputs: SERIES.slice(4), state: first.state });
    [...first.outputs, ...rest.outputs].flat().forEach((score, index) => {
      assertAlmostEquals(score, whole.outputs.flat()[index], 1e-5);
    });
    const made = await service.app.request("/v1/models/loops/sequences", { method: "POST" });
    assertEquals(made.status, 201, await made.text());
  });
}

Deno.test("a network over whole series is imported, and says what it cannot", async () => {
  await using database = await openSqliteDatabase(":memory:");
  using service = await createStoredApp(database);
  await importModel(service, "whole", await makeSeriesZip());
  const answer = await ask(service, "whole:classify", { instances: [SERIES, SERIES.slice(2)] });
  assertEquals(answer.status, 200);
  for (const { predictions } of answer.results) {
    const sum = predictions.reduce(
      (total: number, { score }: { score: number }) => total + score,
      0,
    );
    assertAlmostEquals(sum, 1, 1e-6);
  }
  assertEquals((await ask(service, "whole:embed", { inputs: SERIES })).embedding.length, 6);
  const refused: [string, unknown, string][] = [
    ["whole:classify?output_mode=all", { inputs: SERIES }, "no answer for single steps"],
    ["whole:classify?return_state=true", { inputs: SERIES }, "must be recurrent"],
    ["whole:classify", { inputs: SERIES.slice(0, 2) }, "takes at least 3 steps: found 2"],
    ["whole:classify", { inputs: Array(4097).fill([0, 0]) }, "at most 4096 steps"],
    ["whole:classify", { inputs: [[1, 2, 3]] }, "2"],
  ];
  for (const [path, body, message] of refused) {
    const { status, error } = await ask(service, path, body);
    assertEquals(status, 422, `${path} ${error}`);
    assertStringIncludes(error, message);
  }
});
