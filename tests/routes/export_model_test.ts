import { assertEquals, assertLessOrEqual, assertMatch } from "@std/assert";
import * as tf from "@tensorflow/tfjs-core";
import { loadLayersModel } from "@tensorflow/tfjs-layers";
import { unzipFiles } from "../../lib/archives/unzip_files.ts";
import { ARCHIVE_LIMITS } from "../../models/archive/model_archive.ts";
import { listen } from "../../routes/http_server.ts";
import { makeTeachableZip, makeTfliteFile } from "../models/archive/archive_fixtures.ts";
import { startTestBackend } from "../models/formats/test_backend.ts";
import { createTestApp, post, TEST_TRANSFERS, type TestApp } from "./test_app.ts";

/** The app with `colours`, an imported .tflite file: the mean of each channel times 10. */
async function createColoursApp(): Promise<TestApp & { exports: string[] }> {
  const exports: string[] = [];
  const test = await createTestApp({}, {
    transfers: {
      ...TEST_TRANSFERS,
      give(model, options) {
        exports.push(`${model.name} ${options.storage}`);
        return TEST_TRANSFERS.give(model, options);
      },
      pack(read, options) {
        exports.push("files");
        return TEST_TRANSFERS.pack(read, options);
      },
    },
  });
  await (await test.app.request("/v1/models?name=colours", post(makeTfliteFile()))).body?.cancel();
  return { ...test, exports };
}

Deno.test("GET /v1/models/{model}/export gives a zip, made once", async () => {
  await using test = await createColoursApp();
  const response = await test.app.request("/v1/models/colours/export");
  assertEquals(response.headers.get("Content-Type"), "application/zip");
  assertEquals(
    response.headers.get("Content-Disposition"),
    'attachment; filename="colours-v1.zip"',
  );
  const zip = new Uint8Array(await response.arrayBuffer());
  const files = await unzipFiles(zip, ARCHIVE_LIMITS);
  assertEquals([...files.keys()], ["model.json", "weights.bin", "metadata.json"]);
  const version = await test.app.request("/v1/models/colours/versions/1/export");
  assertEquals(new Uint8Array(await version.arrayBuffer()), zip);
  const half = await test.app.request("/v1/models/colours/export/weights.bin?weights=float16");
  const { byteLength } = await half.arrayBuffer();
  assertLessOrEqual(byteLength, (files.get("weights.bin")?.length ?? 0) - 1);
  assertEquals(test.exports, ["colours float32", "colours float16"]);
});

Deno.test("GET /v1/models/{model}/export/{file} lets tf.loadLayersModel() load from the service", async () => {
  await startTestBackend();
  await using test = await createColoursApp();
  const server = await listen(test.app.fetch, { host: "127.0.0.1", port: 0 });
  const { port } = server.address() as { port: number };
  const url = `http://127.0.0.1:${port}/v1/models/colours/export/model.json`;
  const model = await loadLayersModel(tf.io.http(url, { fetchFunc: fetch }));
  const scores = tf.tidy(() => {
    // Red is 1, green and blue are 0, as Teachable Machine's library gives them.
    const pixel = [255, 0, 0].map((value) => value / 127 - 1);
    return (model.predict(tf.tile(tf.tensor(pixel, [1, 1, 1, 3]), [1, 8, 8, 1])) as tf.Tensor)
      .dataSync();
  });
  // The import took the default input, [-1, 1]: means of 1, -1 and -1.
  const expected = 1 / (1 + 2 * Math.exp(-20));
  assertLessOrEqual(Math.abs((scores[0] ?? NaN) - expected), 1e-5);
  model.dispose();
  assertEquals(test.exports, ["colours float32"]);
  await new Promise((done) => server.close(done));
});

Deno.test("GET /v1/models/{model}/export gives back a zip of Teachable Machine", async () => {
  await using test = await createColoursApp();
  const zip = await makeTeachableZip();
  const sent = await unzipFiles(zip, ARCHIVE_LIMITS);
  await (await test.app.request("/v1/models?name=pets", post(zip))).body?.cancel();
  for (const [path, bytes] of sent) {
    const response = await test.app.request(`/v1/models/pets/export/${path}`);
    assertEquals(new Uint8Array(await response.arrayBuffer()), bytes, path);
    const type = path.endsWith(".json") ? /^application\/json/ : /^application\/octet-stream/;
    assertMatch(response.headers.get("Content-Type") ?? "", type);
  }
  // They are given as they are stored; only a zip is packed, in a thread.
  assertEquals(test.exports, []);
  const exported = await test.app.request("/v1/models/pets/export");
  const files = await unzipFiles(new Uint8Array(await exported.arrayBuffer()), ARCHIVE_LIMITS);
  assertEquals([...files.keys()].sort(), [...sent.keys()].sort());
  for (const [path, bytes] of sent) assertEquals(files.get(path), bytes, path);
  assertEquals(test.exports, ["files"]);
  const missing = await test.app.request("/v1/models/pets/export/model.h5");
  assertEquals([missing.status, (await missing.json()).code], [404, "not_found"]);
});

Deno.test("GET /v1/models/{model}/export refuses what is not there or no picture model", async () => {
  await using test = await createColoursApp();
  const faults = [
    ["nobody/export", 404, "model_not_found"],
    ["colours/versions/2/export", 404, "version_not_found"],
    ["colours/export/model.h5", 404, "not_found"],
    ["motion/export", 404, "verb_not_supported"],
    ["absent/export", 409, "model_not_pulled"],
    ["colours/export?weights=int4", 422, "invalid_value"],
  ] as const;
  for (const [path, status, code] of faults) {
    const response = await test.app.request(`/v1/models/${path}`);
    const body = await response.json();
    assertEquals([response.status, body.code], [status, code], path);
  }
});
