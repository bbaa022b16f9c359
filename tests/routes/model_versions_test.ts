import { assertEquals, assertStringIncludes } from "@std/assert";
import {
  makeTrainedCard,
  publishImported,
  publishTrained,
  readModels,
} from "../models/stored/stored_fixtures.ts";
import { createPetsApp } from "./pets_app.ts";
import { post, type TestApp } from "./test_app.ts";

async function get({ app }: TestApp, path: string) {
  const response = await app.request(`http://host/v1/models/${path}`);
  return { status: response.status, body: await response.json() };
}

async function refuse(test: TestApp, method: string, path: string): Promise<[number, string]> {
  const before = await readModels(test.database);
  const response = await test.app.request(`/v1/models/${path}`, { method });
  assertEquals(await readModels(test.database), before);
  return [response.status, (await response.json()).code];
}

Deno.test("GET /v1/models/{model}/versions lists cards and labels", async () => {
  await using test = await createPetsApp({ canary: 1 });
  const { body } = await get(test, "pets/versions");
  assertEquals(body.model, "pets");
  const listed = body.versions.map((each: Record<string, unknown>) => [
    each.version,
    each.version_labels,
    each.state,
  ]);
  assertEquals(listed, [[1, ["canary"], "available"], [2, ["stable"], "available"]]);
  assertEquals(body.versions[0].origin.dataset.name, "pets");
});

Deno.test("GET /v1/models/{model}/versions/{version} gives one card, also of a model that ships", async () => {
  await using test = await createPetsApp({ canary: 1 });
  const trained = await get(test, "pets/versions/1");
  assertEquals([trained.status, trained.body.origin.kind], [200, "trained"]);
  assertEquals(trained.body.urls.self, "http://host/v1/models/pets/versions/1");
  const shipped = await get(test, "tiny/versions/1");
  assertEquals([shipped.status, shipped.body.version_labels], [200, ["stable"]]);
  for (const path of ["pets/versions/3", "tiny/versions/2", "pets/versions/99999999999999999999"]) {
    const { status, body } = await get(test, path);
    assertEquals([status, body.code], [404, "version_not_found"], path);
  }
  assertEquals((await get(test, "nobody/versions")).body.code, "model_not_found");
  assertEquals((await get(test, "pets/versions/one")).body.code, "not_found");
});

Deno.test("GET /v1/models/{model}/compare puts versions side by side", async () => {
  await using test = await createPetsApp({ canary: 1 });
  const { body } = await get(test, "pets/compare?versions=1,2");
  assertEquals(body, {
    model: "pets",
    versions: [1, 2],
    metrics: { accuracy: [0.5, 0.75] },
    differences: {},
  });
  const missing = await get(test, "pets/compare?versions=1,3");
  assertEquals([missing.status, missing.body.code], [404, "version_not_found"]);
  for (const query of ["", "?versions=1", "?versions=a,b", `?versions=${"1,".repeat(10)}1`]) {
    const { status, body } = await get(test, `pets/compare${query}`);
    assertEquals([status, body.code], [422, "invalid_value"], query);
    assertStringIncludes(body.error, "2 to 10 numbers");
  }
});

Deno.test("verbs answer on a version, on a label, and by default on stable", async () => {
  await using test = await createPetsApp({ canary: 1 });
  const ask = async (path: string) => {
    const response = await test.app.request(`/v1/models/${path}`, post("x"));
    const { version, code } = await response.json();
    return version ?? code;
  };
  assertEquals(await ask("pets:classify"), 2);
  assertEquals(await ask("pets/versions/1:classify"), 1);
  assertEquals(await ask("pets/versions/1:embed"), 1);
  assertEquals(await ask("pets/labels/canary:classify"), 1);
  assertEquals(await ask("tiny/versions/1:classify"), 1);
  assertEquals(await ask("tiny/labels/stable:embed"), 1);
  assertEquals(await ask("pets/versions/9:classify"), "version_not_found");
  assertEquals(await ask("pets/labels/beta:classify"), "version_not_found");
  assertEquals(await ask("pets/versions/1:generate"), "verb_not_supported");
});

Deno.test("DELETE /v1/models/{model}/versions/{version} deletes what no label points to", async () => {
  await using test = await createPetsApp({ canary: 1 });
  assertEquals(await refuse(test, "DELETE", "pets/versions/2"), [409, "conflict"]);
  await (await test.app.request("/v1/models/pets/labels/canary", { method: "DELETE" })).body
    ?.cancel();
  const response = await test.app.request("/v1/models/pets/versions/1", { method: "DELETE" });
  assertEquals([response.status, await response.text()], [204, ""]);
  assertEquals((await get(test, "pets/versions/1")).status, 404);
  assertEquals((await get(test, "pets")).body.versions.length, 1);
});

Deno.test("DELETE of versions and models refuses what is not there, fixed or in use", async () => {
  await using test = await createPetsApp({ canary: 1 });
  assertEquals(await refuse(test, "DELETE", "pets/versions/3"), [404, "version_not_found"]);
  assertEquals(await refuse(test, "DELETE", "nobody/versions/1"), [404, "model_not_found"]);
  assertEquals(await refuse(test, "DELETE", "tiny/versions/1"), [409, "conflict"]);
  assertEquals(await refuse(test, "DELETE", "tiny"), [409, "conflict"]);
  assertEquals(await refuse(test, "DELETE", "nobody"), [404, "model_not_found"]);
  const backboneSha256 = "e".repeat(64);
  await publishImported(test.database, { backboneSha256 });
  const { origin, ...rest } = makeTrainedCard();
  const base = { model: "colours", version: 1, backboneSha256 };
  const card = { ...rest, origin: { ...origin, base } as typeof origin };
  await publishTrained(test.database, { model: "shades", card });
  assertEquals(await refuse(test, "DELETE", "colours"), [409, "conflict"]);
});

Deno.test("DELETE /v1/models/{model} deletes it with its versions", async () => {
  await using test = await createPetsApp({ canary: 1 });
  const response = await test.app.request("/v1/models/pets", { method: "DELETE" });
  assertEquals(response.status, 204);
  assertEquals((await get(test, "pets")).status, 404);
  assertEquals(await readModels(test.database), []);
});
