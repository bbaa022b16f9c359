import { assertEquals, assertStringIncludes } from "@std/assert";
import { createDataset } from "../../lib/storage/datasets/datasets.ts";
import { makeZip, patchText } from "../lib/archives/archive_fixtures.ts";
import { readFixture } from "../lib/images/fixture_pictures.ts";
import type { ImportReportBody } from "../../routes/dataset_schemas.ts";
import { createDatasetApp, makeDataset, readStore } from "./dataset_fixtures.ts";
import type { TestApp } from "./test_app.ts";

const PATH = "/v1/datasets/pets/samples";
const JPEG = new Uint8Array(readFixture("baseline.jpg"));
const PNG = new Uint8Array(readFixture("alpha.png"));

interface Upload {
  body: BodyInit | ReadableStream<Uint8Array>;
  type?: string;
  query?: string;
}

type Answer = Partial<ImportReportBody & { error: string; code: string }>;

async function upload(
  { app }: TestApp,
  { body, type, query = "" }: Upload,
): Promise<{ status: number; answer: Answer }> {
  const headers: Record<string, string> = type === undefined ? {} : { "Content-Type": type };
  const init = { method: "POST", body: body as BodyInit, headers };
  const response = await app.request(`${PATH}${query}`, init);
  return { status: response.status, answer: await response.json() };
}

/** `[name, class]` of all samples. */
async function listNames({ app }: TestApp): Promise<string[][]> {
  const { samples } = await (await app.request(`${PATH}?limit=100`)).json();
  return samples.map(({ name, class: label }: Record<string, string>) => [name, label]);
}

function makeForm(parts: readonly [field: string, name: string, bytes: BlobPart][]): FormData {
  const form = new FormData();
  for (const [field, name, bytes] of parts) form.append(field, new File([bytes], name));
  return form;
}

const ACCEPTED = { duplicates: 0, rejected: 0, rejections: [], ambiguous: [] };

Deno.test("POST samples takes one picture with its class, whatever its type says", async () => {
  await using test = await createDatasetApp();
  await makeDataset(test, "pets", "image");
  const one = { body: JPEG, type: "image/png", query: "?class=cat&name=a.jpg" };
  assertEquals(await upload(test, one), { status: 200, answer: { accepted: 1, ...ACCEPTED } });
  assertEquals(await listNames(test), [["a.jpg", "cat"]]);
});

Deno.test("POST samples takes a form whose fields are classes", async () => {
  await using test = await createDatasetApp();
  await makeDataset(test, "pets", "image");
  const form = makeForm([["cat", "a.jpg", JPEG], ["dog", "b.png", PNG]]);
  assertEquals((await upload(test, { body: form })).answer, { accepted: 2, ...ACCEPTED });
  assertEquals(await listNames(test), [["a.jpg", "cat"], ["b.png", "dog"]]);
});

Deno.test("POST samples reports duplicates, rejected samples and bytes under two classes", async () => {
  await using test = await createDatasetApp();
  await makeDataset(test, "pets", "image");
  const body = await makeZip([
    ["pets/cats/a.jpg", JPEG],
    ["pets/cats/again.jpg", JPEG],
    ["pets/dogs/a.jpg", JPEG],
    ["pets/dogs/broken.jpg", JPEG.subarray(0, 400)],
    ["pets/dogs/notes.txt", "a text"],
    ["pets/readme.txt", "no class"],
    ["__MACOSX/pets/cats/._a.jpg", "x"],
    ["pets/.DS_Store", "x"],
  ]);
  const { status, answer } = await upload(test, { body, type: "application/zip" });
  const { rejections = [], ...counts } = answer;
  assertEquals([status, counts], [200, {
    accepted: 2,
    duplicates: 1,
    rejected: 3,
    ambiguous: [{ name: "pets/dogs/a.jpg", class: "dogs", other_classes: ["cats"] }],
  }]);
  assertEquals(rejections.map(({ name, code }) => [name, code]), [
    ["pets/dogs/broken.jpg", "invalid_image"],
    ["pets/dogs/notes.txt", "not_an_image"],
    ["pets/readme.txt", "invalid_sample"],
  ]);
  assertStringIncludes(rejections[1]?.reason ?? "", "must be JPEG, PNG or WebP");
});

Deno.test("POST samples takes NDJSON and CSV of each kind", async () => {
  await using test = await createDatasetApp();
  const ndjson = "application/x-ndjson";
  for (
    const [kind, type, body] of [
      ["image", ndjson, JSON.stringify({ class: "a", image: JPEG.toBase64() })],
      ["text", ndjson, '{"class": "a", "text": "nice"}\n{"class": "b", "text": "ugly"}'],
      ["series", ndjson, '{"class": "a", "series": [[1, 2], [3, 4]]}'],
      ["vector", ndjson, '{"label": "a", "vector": [1, 2]}'],
      ["text", "text/csv", "text,class\nnice,a\n"],
      ["series", "text/csv", "class,1,2,3\na,1,2,3\nb,4,5,\n"],
      ["vector", "text/csv", "x,y,class\n1,2,a\n3,4,b"],
    ] as const
  ) {
    await makeDataset(test, "pets", kind);
    const { status, answer } = await upload(test, { body, type });
    assertEquals(
      [status, answer.rejected, answer.accepted !== 0],
      [200, 0, true],
      `${kind} ${type}`,
    );
    await test.app.request("/v1/datasets/pets", { method: "DELETE" });
  }
});

Deno.test("POST samples takes a body that declares no length", async () => {
  await using test = await createDatasetApp({ BODY_BYTES_MAX: "1024" });
  await makeDataset(test, "pets", "text");
  const lines = Array.from(
    { length: 100 },
    (_, index) => `{"class": "a", "text": "text ${index}"}\n`,
  );
  const body = ReadableStream.from(lines.map((line) => new TextEncoder().encode(line)));
  const { answer } = await upload(test, { body, type: "application/x-ndjson" });
  assertEquals(answer, { accepted: 100, ...ACCEPTED });
});

Deno.test("POST samples keeps to the limits of a dataset and keeps what fits", async () => {
  await using test = await createDatasetApp({ SAMPLES_MAX: "3", CLASSES_MAX: "2" });
  await makeDataset(test, "pets");
  const body = "text,class\n1,a\n2,b\n3,c\n4,a\n5,a\n";
  const { answer } = await upload(test, { body, type: "text/csv" });
  const { rejections = [] } = answer;
  assertEquals(answer.accepted, 3);
  assertEquals(rejections.map(({ name, code }) => [name, code]), [
    ["record 4", "limit_reached"],
    ["record 6", "limit_reached"],
  ]);
});

/** A dataset of pictures that has one, and the refusals of uploads to it. */
async function assertRefused(
  uploads: readonly (readonly [Upload, status: number, code: string, message: string])[],
  { environment = {}, kind = "image" }: { environment?: Record<string, string>; kind?: string } =
    {},
): Promise<void> {
  await using test = await createDatasetApp(environment);
  await makeDataset(test, "pets", kind);
  const first = kind === "image" ? JPEG : "a text";
  assertEquals((await upload(test, { body: first, query: "?class=cats" })).status, 200);
  const before = await readStore(test);
  for (const [refused, status, code, message] of uploads) {
    const { status: found, answer } = await upload(test, refused);
    assertEquals([found, answer.code], [status, code], `${message}: ${answer.error}`);
    assertStringIncludes(answer.error ?? "", message);
    assertEquals(await readStore(test), before, message);
    assertEquals([...Deno.readDirSync(test.dataDir)], []);
  }
}

Deno.test("POST samples refuses archives that are broken or attack, and leaves the store as it was", async () => {
  const type = "application/zip";
  const sound = await makeZip([["cats/a.png", PNG]]);
  const encrypted = await makeZip([["cats/a.png", PNG]], { password: "password" });
  const bomb = await makeZip([["cats/zeros", new Uint8Array(5_000_000)]]);
  const code = "invalid_archive";
  await assertRefused([
    [{ body: sound.slice(0, -30), type }, 422, code, "damaged"],
    [{ body: "no zip", type }, 422, code, "damaged"],
    [{ body: encrypted, type }, 422, code, "encrypted"],
    [{ body: patchText(sound, "cats/a.png", "../a/a.png"), type }, 422, code, "nsafe filename"],
    [{ body: patchText(sound, "cats/a.png", "/etc/a.png"), type }, 422, code, "nsafe filename"],
    [{ body: bomb, type }, 413, "body_too_large", "times its length"],
    [{ body: await makeZip([]), type }, 422, "invalid_value", "must have one: none"],
    [{ body: await makeZip([["cats/", ""]]), type }, 422, "invalid_value", "must have one: none"],
    [{ body: "", type }, 422, code, "damaged"],
  ]);
});

Deno.test("POST samples refuses bodies that cannot be read, and leaves the store as it was", async () => {
  const form = "multipart/form-data; boundary=b";
  const curl = "application/x-www-form-urlencoded";
  const open = '--b\r\nContent-Disposition: form-data; name="dog"; filename="a.png"\r\n\r\n';
  const unreadable = new Uint8Array([...new TextEncoder().encode('{"class": "'), 0xff, 0x0a]);
  await assertRefused([
    [{ body: "abc", type: "multipart/form-data" }, 400, "malformed_request", "no boundary"],
    [{ body: open, type: form }, 400, "malformed_request", "multipart"],
    [{ body: unreadable, type: "application/x-ndjson" }, 400, "malformed_request", "UTF-8"],
    [{ body: "", type: "application/x-ndjson" }, 422, "invalid_value", "must have one: none"],
    [{ body: "{}", type: "application/json" }, 415, "unsupported_media_type", "application/json"],
    [{ body: JPEG, type: "image/jpeg" }, 415, "unsupported_media_type", "?class="],
    [{ body: JPEG }, 415, "unsupported_media_type", "no zip archive; one sample alone goes to"],
    [{ body: JPEG, type: curl }, 415, "unsupported_media_type", "urlencoded and no zip archive"],
    [{ body: "P", type: curl }, 415, "unsupported_media_type", "?class="],
    [{ body: "class,x\na,1", type: "text/csv" }, 415, "unsupported_media_type", "images"],
    [{ body: JPEG, query: "?class=" }, 422, "invalid_sample", "1 to 100 printable characters"],
    [{ body: JPEG, query: "?class=%0a" }, 422, "invalid_sample", "printable"],
    [{ body: "text", query: "?class=cats" }, 415, "not_an_image", "JPEG, PNG or WebP"],
    [{ body: "", query: "?class=cats" }, 422, "invalid_sample", "must have a byte"],
    [{ body: JPEG, query: "?label=cats" }, 422, "invalid_value", "label"],
    [
      { body: await makeZip([]), type: "application/zip", query: "?class=a" },
      422,
      "invalid_value",
      "leave class out",
    ],
  ]);
  const csv = "text/csv";
  await assertRefused([
    [{ body: "text,kind\na,b", type: csv }, 400, "malformed_request", '"class"'],
    [{ body: 'text,class\nnice,a\n"open,a', type: csv }, 400, "malformed_request", "CSV"],
    [{ body: "text,class\n", type: csv }, 422, "invalid_value", "must have one: none"],
  ], { kind: "text" });
});

Deno.test("POST samples refuses what is too large, and leaves the store as it was", async () => {
  const environment = { DATASET_UPLOAD_BYTES_MAX: "3000", SAMPLE_BYTES_MAX: "2000" };
  const long = `${JSON.stringify({ class: "a", image: "a".repeat(2900) })}\n`;
  const body = () => ReadableStream.from([new Uint8Array(2000), new Uint8Array(1001)]);
  const large = "body_too_large";
  await assertRefused([
    [{ body: body(), type: "application/zip" }, 413, large, "at most 3000 bytes"],
    [{ body: body(), type: "application/x-ndjson" }, 413, large, "at most 3000 bytes"],
    [{ body: body(), query: "?class=a" }, 413, large, "at most 2000 bytes"],
    [{ body: makeForm([["a", "a", new Uint8Array(2001)]]) }, 413, large, "2000"],
    [{ body: long + long, type: "application/x-ndjson" }, 413, large, "at most 3000"],
  ], { environment });
});

Deno.test("POST samples refuses a picture with too many pixels", async () => {
  await using test = await createDatasetApp({ PIXELS_MAX: "2866" });
  await makeDataset(test, "pets", "image");
  const { status, answer } = await upload(test, { body: JPEG, query: "?class=dogs" });
  assertEquals([status, answer.code], [413, "image_too_large"]);
});

Deno.test("POST samples refuses a declared length above the limit before it reads", async () => {
  await using test = await createDatasetApp({ DATASET_UPLOAD_BYTES_MAX: "3000" });
  await makeDataset(test, "pets");
  const response = await test.app.request(PATH, {
    method: "POST",
    body: "1",
    headers: { "Content-Length": "3001", "Content-Type": "application/zip" },
  });
  assertEquals([response.status, (await response.json()).code], [413, "body_too_large"]);
});

Deno.test("POST samples has a deadline of its own, and leaves nothing when it passes", async () => {
  await using test = await createDatasetApp({ REQUEST_TIMEOUT_MS: "1", UPLOAD_TIMEOUT_MS: "300" });
  await createDataset(test.database, { name: "pets", kind: "text", datasetsMax: 1 });
  const before = await readStore(test);
  const lines = ['{"class": "a", "text": "1"}\n'];
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      const line = lines.pop();
      if (line) return controller.enqueue(new TextEncoder().encode(line));
      return new Promise(() => {});
    },
  });
  const { status, answer } = await upload(test, { body, type: "application/x-ndjson" });
  assertEquals([status, answer.code], [504, "deadline_exceeded"]);
  assertEquals(await readStore(test), before);
});

Deno.test("POST samples answers 404 before it reads", async () => {
  await using test = await createDatasetApp();
  const { status, answer } = await upload(test, { body: JPEG, query: "?class=a" });
  assertEquals([status, answer.code], [404, "dataset_not_found"]);
});
