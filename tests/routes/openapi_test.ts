import { assert, assertEquals } from "@std/assert";
import { documentedPath, listVersionPaths } from "../../routes/model_target.ts";
import { createOpenApiDocument } from "../../routes/openapi.ts";
import { createTestApp } from "./test_app.ts";

/** Pages and machine formats that are not part of the documented interface. */
const UNDOCUMENTED = /^\/($|docs|openapi\.json)/;

interface OpenApiOperation {
  responses: Record<string, unknown>;
  security?: unknown[];
}

Deno.test("createOpenApiDocument() documents every route, and no other", async () => {
  await using test = await createTestApp();
  const routes = test.app.routes
    .filter(({ method, path }) => method !== "ALL" && !UNDOCUMENTED.test(path))
    .flatMap(({ method, path }) => {
      const paths = path.includes("/versions/") ? listVersionPaths(documentedPath(path)) : [];
      return [documentedPath(path), ...paths].map((each) => `${method} ${each}`);
    });
  const documented = Object.entries(createOpenApiDocument().paths ?? {}).flatMap(([path, item]) =>
    Object.keys(item ?? {}).map((method) => `${method.toUpperCase()} ${path}`)
  );
  assertEquals([...new Set(documented)].sort(), [...new Set(routes)].sort());
});

Deno.test("createOpenApiDocument() refers only to components that exist", () => {
  const document = createOpenApiDocument();
  const text = JSON.stringify(document);
  const references = [...text.matchAll(/"\$ref":"#\/components\/schemas\/(\w+)"/g)];
  assert(references.length > 0);
  const schemas = Object.keys(document.components?.schemas ?? {});
  assertEquals(references.filter(([, name = ""]) => !schemas.includes(name)), []);
});

Deno.test("createOpenApiDocument() says of each call whether it asks for a key", async () => {
  await using test = await createTestApp({}, { apiKeys: ["0123456789abcdef"] });
  const wrong: string[] = [];
  for (const [path, item] of Object.entries(createOpenApiDocument().paths ?? {})) {
    for (const [method, operation] of Object.entries(item)) {
      const { responses, security } = operation as OpenApiOperation;
      const asked = path.replace(/\{\w+\}/g, "1");
      const { status } = await test.app.request(asked, { method: method.toUpperCase() });
      const isOpen = security?.length === 0;
      if ((status === 401) === isOpen || ("401" in responses) === isOpen) {
        wrong.push(`${method} ${path}`);
      }
    }
  }
  assertEquals(wrong, []);
});

Deno.test("GET /openapi.json serves the document", async () => {
  await using test = await createTestApp();
  const response = await test.app.request("/openapi.json");
  assertEquals((await response.json()).openapi, "3.1.1");
});

Deno.test("createOpenApiDocument() documents parameters as the numbers that they stand for", () => {
  const { paths } = createOpenApiDocument();
  const parameters = paths?.["/v1/models/{model}:classify"]?.post?.parameters ?? [];
  const [topK] = parameters.flatMap((parameter) =>
    "name" in parameter && parameter.name === "top_k" ? [parameter.schema] : []
  );
  assertEquals(topK, { type: "integer", minimum: 1, maximum: 10_000, default: 5 });
});

Deno.test("createOpenApiDocument() tells the headers that come with numbers and states", () => {
  const { paths } = createOpenApiDocument();
  const headersOf = (path: string) =>
    (paths?.[path]?.post?.parameters ?? []).flatMap((parameter) =>
      "in" in parameter && parameter.in === "header" ? [parameter.name] : []
    );
  const both = ["X-Shape", "X-State"];
  assertEquals(headersOf("/v1/models/{model}:classify"), both);
  assertEquals(headersOf("/v1/models/{model}/versions/{version}:predict"), both);
  assertEquals(headersOf("/v1/models/{model}:embed"), ["X-Shape"]);
  assertEquals(headersOf("/v1/models/{model}/sequences/{sequence}:step"), ["X-Shape"]);
});
