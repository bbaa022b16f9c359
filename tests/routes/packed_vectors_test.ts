import { assertEquals } from "@std/assert";
import { createTestApp, post } from "./test_app.ts";

const BINARY = { Accept: "application/octet-stream" };

Deno.test("wantsBinary() prefers JSON unless only numbers are accepted", async () => {
  await using test = await createTestApp();
  for (const accept of [undefined, "*/*", "application/json"]) {
    const headers = accept ? { Accept: accept } : {};
    const response = await test.app.request("/v1/models/pair:encode", post("x", headers));
    assertEquals((await response.json()).code, [0.5, -1]);
    assertEquals(response.headers.get("Vary"), "Accept");
  }
});

Deno.test("packVectors() packs float32 little endian or bytes", async () => {
  await using test = await createTestApp();
  const floats = await test.app.request("/v1/models/pair:encode", post("x", BINARY));
  assertEquals([...new Uint8Array(await floats.arrayBuffer())], [0, 0, 0, 63, 0, 0, 128, 191]);
  assertEquals(floats.headers.get("X-Shape"), "1,2");
  const bytes = await test.app.request("/v1/models/pair:encode?dtype=uint8", post("x", BINARY));
  assertEquals([...new Uint8Array(await bytes.arrayBuffer())], [7, 255]);
});
