import { assertEquals } from "@std/assert";
import { Hono } from "hono";
import type { AppEnv } from "../../routes/app_env.ts";
import {
  documentedPath,
  listVersionPaths,
  MODEL_NAME,
  targetModel,
  verbPath,
} from "../../routes/model_target.ts";

const app = new Hono<AppEnv>().post(verbPath("classify"), (context) => {
  return context.json(targetModel(context));
});

Deno.test("verbPath() matches a model with its verb and gives its name", async () => {
  for (const name of ["a", "mobilenet-v1-025-128", "my.model_2"]) {
    const response = await app.request(`/v1/models/${name}:classify`, { method: "POST" });
    assertEquals(await response.json(), { name });
  }
});

Deno.test("verbPath() matches a version or a label of a model", async () => {
  const ask = async (path: string) =>
    await (await app.request(`/v1/models/${path}:classify`, { method: "POST" })).json();
  assertEquals(await ask("pets/versions/12"), { name: "pets", selector: { version: 12 } });
  assertEquals(await ask("pets/labels/canary-1"), {
    name: "pets",
    selector: { label: "canary-1" },
  });
  // A label may look like a number; the path says what is meant.
  assertEquals(await ask("pets/labels/12"), { name: "pets", selector: { label: "12" } });
});

Deno.test("verbPath() does not match another verb, no verb or no name", async () => {
  for (
    const path of [
      "a:embed",
      "a",
      ":classify",
      "a:classify:classify",
      "a/b:classify",
      "a:classifyx",
      "a/versions:classify",
      "a/versions/:classify",
      "a/versions/x:classify",
      "a/versions/1/2:classify",
      "a/labels/:classify",
      "a/labels/x:embed",
    ]
  ) {
    const response = await app.request(`/v1/models/${path}`, { method: "POST" });
    assertEquals(response.status, 404, path);
  }
});

Deno.test("MODEL_NAME is the rule of names", () => {
  const rule = new RegExp(`^${MODEL_NAME}$`);
  for (const name of ["a", "0", "a".repeat(64), "x.y_z-1"]) assertEquals(rule.test(name), true);
  for (const name of ["", "A", "-a", ".a", "a".repeat(65), "a:b", "a/b"]) {
    assertEquals(rule.test(name), false, name);
  }
});

Deno.test("documentedPath() writes routes as the documentation does", () => {
  assertEquals(documentedPath(verbPath("classify")), "/v1/models/{model}:classify");
  assertEquals(documentedPath("/v1/models/:model{[\\w.-]+}"), "/v1/models/{model}");
  assertEquals(documentedPath("/v2/health/live"), "/v2/health/live");
});

Deno.test("listVersionPaths() adds the paths of versions to those of verbs alone", () => {
  assertEquals(listVersionPaths("/v1/models/{model}:embed"), [
    "/v1/models/{model}:embed",
    "/v1/models/{model}/versions/{version}:embed",
    "/v1/models/{model}/labels/{label}:embed",
  ]);
  assertEquals(listVersionPaths("/v1/models/{model}"), ["/v1/models/{model}"]);
});
