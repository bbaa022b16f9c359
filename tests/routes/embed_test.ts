import { assertEquals } from "@std/assert";
import { ServiceError } from "../../lib/service_error.ts";
import { bytesOf } from "../models/pool/fake_executor.ts";
import { answerTask, createTestApp, post } from "./test_app.ts";

const URL_EMBED = "/v1/models/tiny:embed";
const BINARY = { Accept: "application/octet-stream" };

function twoFiles(): FormData {
  const form = new FormData();
  form.append("a", new Blob(["a"]), "a.png");
  form.append("b", new Blob(["b"]), "b.png");
  return form;
}

Deno.test("POST :embed answers with the feature vector as JSON", async () => {
  await using test = await createTestApp();
  const response = await test.app.request(URL_EMBED, post("x"));
  const { embedding, model } = await response.json();
  assertEquals([model, embedding], ["tiny", [0, 1, 2, 3]]);
});

Deno.test("POST :embed answers several inputs with a list", async () => {
  await using test = await createTestApp();
  const response = await test.app.request(URL_EMBED, post(twoFiles()));
  const { results } = await response.json();
  assertEquals(results, [
    { name: "a.png", embedding: [0, 1, 2, 3] },
    { name: "b.png", embedding: [0, 1, 2, 3] },
  ]);
});

Deno.test("POST :embed gives float32 little endian with its shape on request", async () => {
  await using test = await createTestApp();
  const response = await test.app.request(URL_EMBED, post(twoFiles(), BINARY));
  assertEquals(response.headers.get("Content-Type"), "application/octet-stream");
  assertEquals(response.headers.get("X-Shape"), "2,4");
  const view = new DataView(await response.arrayBuffer());
  const values = Array.from({ length: 8 }, (_, index) => view.getFloat32(index * 4, true));
  assertEquals(values, [0, 1, 2, 3, 0, 1, 2, 3]);
});

Deno.test("POST :embed in binary form answers with the error of any input", async () => {
  await using test = await createTestApp({
    run: (task) =>
      bytesOf(task)[0] === "b".charCodeAt(0)
        ? Promise.reject(new ServiceError("invalid_image", "Broken"))
        : answerTask(task),
  });
  const response = await test.app.request(URL_EMBED, post(twoFiles(), BINARY));
  assertEquals([response.status, (await response.json()).code], [422, "invalid_image"]);
});
