import { assertEquals, assertStringIncludes } from "@std/assert";
import { createTestApp, post } from "./test_app.ts";

const URL_RECONSTRUCT = "/v1/models/pair:reconstruct";

function twoFiles(): FormData {
  const form = new FormData();
  form.append("a", new Blob(["a"]), "a.png");
  form.append("b", new Blob(["b"]), "b.png");
  return form;
}

Deno.test("POST :reconstruct answers with a picture", async () => {
  await using test = await createTestApp();
  const response = await test.app.request(URL_RECONSTRUCT, post("x", { Accept: "*/*" }));
  assertEquals(response.headers.get("Content-Type"), "image/png");
  assertEquals([...new Uint8Array(await response.arrayBuffer())], [4, 5]);
});

Deno.test("POST :reconstruct answers with the error and the score where JSON is accepted", async () => {
  await using test = await createTestApp();
  const headers = { Accept: "application/json" };
  const one = await (await test.app.request(URL_RECONSTRUCT, post("x", headers))).json();
  assertEquals([one.squared_error, one.anomaly_score], [0.01, 0.9]);
  const several = await test.app.request(URL_RECONSTRUCT, post(twoFiles(), headers));
  const expected = { squared_error: 0.01, anomaly_score: 0.9 };
  assertEquals((await several.json()).results, [
    { name: "a.png", ...expected },
    { name: "b.png", ...expected },
  ]);
});

Deno.test("POST :reconstruct refuses several inputs for one picture", async () => {
  await using test = await createTestApp();
  const response = await test.app.request(URL_RECONSTRUCT, post(twoFiles()));
  assertEquals(response.status, 422);
  assertStringIncludes((await response.json()).error, "1 input: current number is 2");
});
