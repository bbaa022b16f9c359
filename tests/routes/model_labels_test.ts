import { assertEquals, assertStringIncludes } from "@std/assert";
import { findModel } from "../../lib/storage/models/stored_models.ts";
import { publishTrained } from "../models/stored/stored_fixtures.ts";
import { createPetsApp } from "./pets_app.ts";
import type { TestApp } from "./test_app.ts";

async function send({ app }: TestApp, method: string, path: string, body?: unknown) {
  const response = await app.request(`/v1/models/${path}`, {
    method,
    ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, body: text === "" ? undefined : JSON.parse(text) };
}

Deno.test("GET /v1/models/{model}/labels tells the version of each label", async () => {
  await using test = await createPetsApp();
  const pets = await send(test, "GET", "pets/labels");
  assertEquals(pets.body, { model: "pets", labels: { stable: 2 } });
  assertEquals((await send(test, "GET", "tiny/labels")).body.labels, { stable: 1 });
  assertEquals((await send(test, "GET", "nobody/labels")).body.code, "model_not_found");
});

Deno.test("PUT /v1/models/{model}/labels/{label} publishes, rolls back and makes labels", async () => {
  await using test = await createPetsApp();
  const put = await send(test, "PUT", "pets/labels/stable", { version: 1 });
  assertEquals([put.status, put.body], [200, { model: "pets", label: "stable", version: 1 }]);
  assertEquals((await send(test, "GET", "pets")).body.version_labels, { stable: 1 });
  await send(test, "PUT", "pets/labels/canary-2.1", { version: 2 });
  assertEquals((await send(test, "GET", "pets/labels")).body.labels, {
    stable: 1,
    "canary-2.1": 2,
  });
});

Deno.test("PUT /v1/models/{model}/labels/{label} refuses and changes nothing", async () => {
  await using test = await createPetsApp();
  const faults = [
    ["pets/labels/stable", { version: 3 }, 404, "version_not_found"],
    ["nobody/labels/stable", { version: 1 }, 404, "model_not_found"],
    ["tiny/labels/canary", { version: 1 }, 409, "conflict"],
    ["pets/labels/1", { version: 1 }, 422, "invalid_value"],
    ["pets/labels/UPPER", { version: 1 }, 422, "invalid_value"],
    [`pets/labels/${"a".repeat(33)}`, { version: 1 }, 422, "invalid_value"],
    ["pets/labels/stable", {}, 422, "invalid_value"],
    ["pets/labels/stable", { version: 0 }, 422, "invalid_value"],
    ["pets/labels/stable", { version: 1, more: 1 }, 422, "invalid_value"],
    ["pets/labels/stable", "version 1", 400, "malformed_request"],
  ] as const;
  for (const [path, body, status, code] of faults) {
    const answer = await send(test, "PUT", path, body);
    assertEquals([answer.status, answer.body.code], [status, code], `${path} ${body}`);
  }
  assertEquals((await findModel(test.database, "pets"))?.labels, { stable: 2 });
});

Deno.test("DELETE /v1/models/{model}/labels/{label} deletes any but stable", async () => {
  await using test = await createPetsApp();
  await send(test, "PUT", "pets/labels/canary", { version: 1 });
  assertEquals(await send(test, "DELETE", "pets/labels/canary"), { status: 204, body: undefined });
  const stable = await send(test, "DELETE", "pets/labels/stable");
  assertEquals([stable.status, stable.body.code], [409, "conflict"]);
  assertStringIncludes(stable.body.error, "point it to another version");
  const gone = await send(test, "DELETE", "pets/labels/canary");
  assertEquals([gone.status, gone.body.code], [404, "not_found"]);
  const fixed = await send(test, "DELETE", "tiny/labels/stable");
  assertEquals([fixed.status, fixed.body.code], [409, "conflict"]);
  const nobody = await send(test, "DELETE", "nobody/labels/canary");
  assertEquals([nobody.status, nobody.body.code], [404, "model_not_found"]);
  assertEquals((await findModel(test.database, "pets"))?.labels, { stable: 2 });
});

Deno.test("PUT /v1/models/{model}/labels/{label} publishes nothing that cannot run", async () => {
  await using test = await createPetsApp();
  // Its backbone is that of a model which this service does not have.
  await publishTrained(test.database, { labels: [] });
  const answer = await send(test, "PUT", "pets/labels/stable", { version: 3 });
  assertEquals([answer.status, answer.body.code], [422, "model_unusable"]);
  assertEquals((await findModel(test.database, "pets"))?.labels, { stable: 2 });
});
