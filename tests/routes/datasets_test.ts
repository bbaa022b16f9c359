import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { addText, createDatasetApp, makeDataset, readStore, sendJson } from "./dataset_fixtures.ts";

Deno.test("POST /v1/datasets makes an empty dataset and says what to call", async () => {
  await using test = await createDatasetApp();
  const response = await sendJson(test, "/v1/datasets", { body: { name: "pets" } });
  const body = await response.json();
  assertEquals(response.status, 201);
  assertMatch(body.id, /^dataset-[0-9a-f]{24}$/);
  assertEquals(Math.abs(body.created_at - Date.now() / 1000) < 10, true);
  const self = "http://localhost/v1/datasets/pets";
  assertEquals({ ...body, id: "", created_at: 0 }, {
    id: "",
    name: "pets",
    kind: "image",
    created_at: 0,
    samples: 0,
    bytes: 0,
    urls: { self, samples: `${self}/samples` },
    classes: [],
  });
  assertEquals(response.headers.get("Location"), self);
  assertEquals(await (await test.app.request(self)).json(), body);
});

Deno.test("POST /v1/datasets refuses what breaks a rule", async () => {
  await using test = await createDatasetApp({ DATASETS_MAX: "1" });
  await makeDataset(test, "pets");
  const before = await readStore(test);
  for (
    const [body, status, code, message] of [
      [{ name: "pets" }, 409, "already_exists", "pets"],
      [{ name: "more" }, 409, "limit_reached", "at most 1"],
      [{ name: "Pets" }, 422, "invalid_value", "name must be"],
      [{ name: "../pets" }, 422, "invalid_value", "name must be"],
      [{ name: "a".repeat(65) }, 422, "invalid_value", "name must be"],
      [{ name: 1 }, 422, "invalid_value", "name must be a text"],
      [{}, 422, "invalid_value", "current value is missing"],
      [{ name: "a", kind: "sound" }, 422, "invalid_value", "must be image, text, series or vector"],
      [{ name: "a", classes: [] }, 422, "invalid_value", 'must not have "classes"'],
      [[], 422, "invalid_value", "Cannot read the body"],
    ] as const
  ) {
    const response = await sendJson(test, "/v1/datasets", { body });
    const answer = await response.json();
    assertEquals([response.status, answer.code], [status, code], JSON.stringify(body));
    assertStringIncludes(answer.error, message);
  }
  const broken = await test.app.request("/v1/datasets", { method: "POST", body: "{" });
  assertEquals([broken.status, (await broken.json()).code], [400, "malformed_request"]);
  assertEquals(await readStore(test), before);
});

Deno.test("GET /v1/datasets lists page by page with counts", async () => {
  await using test = await createDatasetApp();
  for (const name of ["a", "b", "c"]) await makeDataset(test, name);
  await addText(test, "b", ["meow", "cats"]);
  await addText(test, "b", ["woof", "dogs"]);
  const pages = [];
  for (const query of ["?limit=2", "?limit=2&after=b"]) {
    const { datasets, has_more } = await (await test.app.request(`/v1/datasets${query}`)).json();
    pages.push([has_more, ...datasets.map(summarize)]);
  }
  assertEquals(pages, [[true, ["a", 0, 0, 0], ["b", 2, 8, 2]], [false, ["c", 0, 0, 0]]]);
});

function summarize(
  { name, samples, bytes, class_count }: Record<
    "name" | "samples" | "bytes" | "class_count",
    unknown
  >,
) {
  return [name, samples, bytes, class_count];
}

Deno.test("GET /v1/datasets refuses a limit out of range and a page after nothing", async () => {
  await using test = await createDatasetApp();
  for (
    const [query, status] of [["limit=0", 422], ["limit=101", 422], ["limit=1e1", 422], [
      "page=2",
      422,
    ], ["after=none", 404]] as const
  ) {
    assertEquals((await test.app.request(`/v1/datasets?${query}`)).status, status, query);
  }
});

Deno.test("GET /v1/datasets/{dataset} counts each class", async () => {
  await using test = await createDatasetApp();
  await makeDataset(test, "pets");
  await addText(test, "pets", ["meow", "cats"]);
  await addText(test, "pets", ["purr!", "cats"]);
  await addText(test, "pets", ["woof", "dogs"]);
  const { classes, samples, bytes } = await (await test.app.request("/v1/datasets/pets")).json();
  assertEquals({ classes, samples, bytes }, {
    classes: [{ class: "cats", samples: 2, bytes: 9 }, { class: "dogs", samples: 1, bytes: 4 }],
    samples: 3,
    bytes: 13,
  });
});

Deno.test("DELETE /v1/datasets/{dataset} removes it with its samples", async () => {
  await using test = await createDatasetApp();
  const before = await readStore(test);
  await makeDataset(test, "pets");
  await addText(test, "pets", ["meow", "cats"]);
  assertEquals((await test.app.request("/v1/datasets/pets", { method: "DELETE" })).status, 204);
  assertEquals(await readStore(test), before);
  for (const method of ["GET", "DELETE"]) {
    const response = await test.app.request("/v1/datasets/pets", { method });
    assertEquals([response.status, (await response.json()).code], [404, "dataset_not_found"]);
  }
});

Deno.test("PUT /v1/datasets says which methods there are", async () => {
  await using test = await createDatasetApp();
  const response = await test.app.request("/v1/datasets", { method: "PUT" });
  assertEquals([response.status, response.headers.get("Allow")], [405, "OPTIONS, POST, GET, HEAD"]);
});
