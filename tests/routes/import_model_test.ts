import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { zipFiles } from "../../lib/archives/zip_files.ts";
import { hashBytes } from "../../lib/storage/blobs.ts";
import { modelVersionSchema } from "../../routes/version_schemas.ts";
import {
  encodeLines,
  makeSeriesZip,
  makeTeachableZip,
  makeTfliteFile,
} from "../models/archive/archive_fixtures.ts";
import { readModels } from "../models/stored/stored_fixtures.ts";
import { createTestApp, post, type TestApp } from "./test_app.ts";

const LABELS = encodeURIComponent('["red","green","blue"]');

async function send({ app }: TestApp, query: string, body: BodyInit) {
  const response = await app.request(`http://host/v1/models${query}`, post(body));
  return { response, body: await response.json() };
}

Deno.test("POST /v1/models imports a zip of Teachable Machine, which answers at once", async () => {
  await using test = await createTestApp();
  const zip = await makeTeachableZip();
  const sha256 = hashBytes(zip);
  const { response, body } = await send(test, "?name=pets&licence=MIT", zip);
  assertEquals(response.status, 201);
  assertEquals(response.headers.get("Location"), "http://host/v1/models/pets/versions/1");
  assertEquals(modelVersionSchema.strict().parse(body), body);
  assertEquals([body.version, body.version_labels, body.licence], [1, ["stable"], "MIT"]);
  assertEquals(body.labels, ["cat", "dog"]);
  assertEquals(body.origin, {
    kind: "imported",
    writer: "teachable-machine",
    format: "tfjs-layers",
    sha256,
  });
  const answer = await test.app.request("/v1/models/pets:classify", post("x"));
  assertEquals((await answer.json()).predictions[0].label, "dog");
  const detail = await (await test.app.request("/v1/models/pets")).json();
  assertEquals(detail.preprocessing, { fit: "crop", crop_fraction: 1, scale: 1 / 127, offset: -1 });
});

Deno.test("POST /v1/models adds a version to a model, published or not", async () => {
  await using test = await createTestApp();
  await send(test, `?name=colours&labels=${LABELS}`, makeTfliteFile());
  const form = new FormData();
  form.append("file", new Blob([makeTfliteFile()]), "model.tflite");
  form.append("labels", "r\ng\nb");
  form.append("publish", "false");
  form.append("preprocessing", '{"scale": 2, "crop_fraction": 0.5}');
  const { body } = await send(test, "?name=colours", form);
  assertEquals([body.version, body.version_labels, body.labels], [2, [], ["r", "g", "b"]]);
  const { version_labels, labels } = await (await test.app.request("/v1/models/colours")).json();
  assertEquals([version_labels, labels], [{ stable: 1 }, ["red", "green", "blue"]]);
  // The same files with another input are another network.
  const [model] = await readModels(test.database);
  const [first, second] = model?.versions.map(({ backboneSha256 }) => backboneSha256) ?? [];
  assert(first && second && first !== second);
});

Deno.test("POST /v1/models refuses and stores nothing", async () => {
  await using test = await createTestApp({}, { environment: { MODELS_MAX: "1" } });
  await send(test, "?name=first", makeTfliteFile());
  const before = await readModels(test.database);
  const zip = await makeTeachableZip();
  const faults: [string, BodyInit, number, string][] = [
    ["?name=tiny", makeTfliteFile(), 409, "conflict"],
    ["?name=none", makeTfliteFile(), 409, "conflict"],
    ["?name=second", makeTfliteFile(), 409, "limit_reached"],
    ["", makeTfliteFile(), 422, "invalid_value"],
    ["?name=first&more=1", makeTfliteFile(), 422, "invalid_value"],
    ["?name=first", new Uint8Array(), 400, "malformed_request"],
    ["?name=first", encodeLines("no", "model"), 415, "unsupported_media_type"],
    ["?name=first", zip.slice(0, zip.length / 2), 422, "invalid_archive"],
    ["?name=first", makeTfliteFile().fill(0xff, 100), 422, "model_unusable"],
    ["?name=first&labels=one", makeTfliteFile(), 422, "model_unusable"],
    [
      "?name=first",
      await zipFiles(new Map([["a.onnx", encodeLines("x")]])),
      415,
      "unsupported_media_type",
    ],
  ];
  for (const [query, sent, status, code] of faults) {
    const { response, body } = await send(test, query, sent);
    assertEquals([response.status, body.code], [status, code], `${query} ${body.error}`);
  }
  assertEquals(await readModels(test.database), before);
});

Deno.test("POST /v1/models names the kinds of models that it cannot take", async () => {
  await using test = await createTestApp();
  const metadata = { wordLabels: ["a", "b"], tfjsSpeechCommandsVersion: "0.4.0" };
  const audio = await send(test, "?name=audio", await makeTeachableZip({ metadata }));
  assertStringIncludes(audio.body.error, "an audio model of Teachable Machine");
  assertEquals(await readModels(test.database), []);
});

Deno.test("POST /v1/models imports a network over series, which answers at once", async () => {
  await using test = await createTestApp();
  const labels = encodeURIComponent('["up","down","still"]');
  const { response, body } = await send(
    test,
    `?name=gestures&labels=${labels}`,
    await makeSeriesZip(),
  );
  assertEquals([response.status, body.labels], [201, ["up", "down", "still"]], body.error);
  const { input } = await (await test.app.request("/v1/models/gestures")).json();
  assertEquals([input.kind, input.channels, input.steps_max], ["series", 2, 1_000_000]);
  const refused = await send(
    test,
    "?name=bent&preprocessing={%22scale%22:2}",
    await makeSeriesZip(),
  );
  assertEquals([refused.response.status, refused.body.code], [422, "model_unusable"]);
});
