import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { createTestApp } from "./test_app.ts";

Deno.test("GET /docs refers only to files that the service itself serves", async () => {
  await using test = await createTestApp();
  const page = await (await test.app.request("/docs")).text();
  const links = [...page.matchAll(/(?:href|src)="([^"]+)"/g)].map(([, path = ""]) => path);
  // A page that names no icon makes the browser ask for /favicon.ico.
  assertStringIncludes(page, '<link rel="icon" href="data:,">');
  const files = links.filter((path) => !path.startsWith("data:"));
  assertEquals(files.length, 3);
  for (const path of files) {
    assert(path.startsWith("/docs/"), path);
    const response = await test.app.request(path);
    assertEquals(response.status, 200, path);
    assert((await response.text()).length > 50, path);
  }
});

Deno.test("GET /docs/swagger-ui-bundle.js is the viewer's script", async () => {
  await using test = await createTestApp();
  const response = await test.app.request("/docs/swagger-ui-bundle.js");
  assertStringIncludes(response.headers.get("Content-Type") ?? "", "javascript");
  assertStringIncludes(await response.text(), "SwaggerUIBundle");
});
