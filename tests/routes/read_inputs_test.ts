import { assertEquals, assertStringIncludes } from "@std/assert";
import { bytesOf } from "../models/pool/fake_executor.ts";
import { createTestApp, post } from "./test_app.ts";

const URL_CLASSIFY = "/v1/models/tiny:classify";
const JSON_TYPE = { "Content-Type": "application/json" };
const BASE64 = Uint8Array.of(255, 216, 255).toBase64();

async function ask(body: BodyInit, headers: Record<string, string> = {}) {
  await using test = await createTestApp();
  const response = await test.app.request(URL_CLASSIFY, post(body, headers));
  const tasks = test.executors[0]?.tasks ?? [];
  return { status: response.status, body: await response.json(), tasks };
}

Deno.test("readInputs() takes the raw bytes whatever the content type says", async () => {
  for (const type of ["image/jpeg", "text/plain", "application/x-www-form-urlencoded", ""]) {
    const { status, tasks } = await ask(Uint8Array.of(9, 8), type ? { "Content-Type": type } : {});
    assertEquals(status, 200);
    assertEquals(tasks.map((task) => [...bytesOf(task)]), [[9, 8]]);
  }
});

Deno.test("readInputs() reads base64: plain, as a data URL and in TensorFlow Serving's form", async () => {
  for (const inputs of [BASE64, `data:image/jpeg;base64,${BASE64}`, { b64: BASE64 }]) {
    const { status, tasks, body } = await ask(JSON.stringify({ inputs }), JSON_TYPE);
    assertEquals(status, 200);
    assertEquals(tasks.map((task) => [...bytesOf(task)]), [[255, 216, 255]]);
    assertEquals("predictions" in body, true);
  }
});

Deno.test("readInputs() answers instances with a list, also when there is one", async () => {
  for (const count of [1, 3]) {
    const instances = Array.from({ length: count }, () => BASE64);
    const { body } = await ask(JSON.stringify({ instances }), JSON_TYPE);
    assertEquals(body.results.length, count);
  }
});

Deno.test("readInputs() refuses JSON that is malformed or of the wrong form", async () => {
  const malformed = await ask("{", JSON_TYPE);
  assertEquals([malformed.status, malformed.body.code], [400, "malformed_request"]);
  const notBase64 = await ask(JSON.stringify({ inputs: "%%%" }), JSON_TYPE);
  assertEquals([notBase64.status, notBase64.body.code], [400, "malformed_request"]);
  for (
    const body of [{}, { inputs: 7 }, { instances: [] }, { inputs: BASE64, more: 1 }, null, []]
  ) {
    const { status, body: { code, error } } = await ask(JSON.stringify(body), JSON_TYPE);
    assertEquals([status, code], [422, "invalid_value"], JSON.stringify(body));
    assertStringIncludes(error, "must");
  }
});

Deno.test("readInputs() refuses an empty body", async () => {
  const { status, body } = await ask("");
  assertEquals([status, body.code], [400, "malformed_request"]);
  assertStringIncludes(body.error, "empty");
});

Deno.test("readInputs() refuses multipart without a boundary, without files, or with text parts", async () => {
  const broken = await ask("--x", { "Content-Type": "multipart/form-data" });
  assertEquals([broken.status, broken.body.code], [400, "malformed_request"]);
  const none = await ask(new FormData());
  assertEquals([none.status, none.body.code], [400, "malformed_request"]);
  const form = new FormData();
  form.append("top_k", "3");
  const text = await ask(form);
  assertEquals([text.status, text.body.code], [400, "malformed_request"]);
  assertStringIncludes(text.body.error, '"top_k"');
});

Deno.test("readInputs() refuses more inputs than INPUTS_MAX", async () => {
  await using test = await createTestApp({}, { environment: { INPUTS_MAX: "2" } });
  const body = JSON.stringify({ instances: [BASE64, BASE64, BASE64] });
  const response = await test.app.request(URL_CLASSIFY, post(body, JSON_TYPE));
  const { error } = await response.json();
  assertEquals(response.status, 422);
  assertStringIncludes(error, "1 to 2: current number is 3");
});

Deno.test("readInputs() refuses a compressed body", async () => {
  const { status, body } = await ask("x", { "Content-Encoding": "gzip" });
  assertEquals([status, body.code], [415, "unsupported_media_type"]);
});

Deno.test("readInputs() reads content types in any case and with parameters", async () => {
  for (const type of ["Application/JSON; charset=utf-8", "application/problem+json"]) {
    const { status } = await ask(JSON.stringify({ inputs: BASE64 }), { "Content-Type": type });
    assertEquals(status, 200, type);
  }
});

const SERIES_TYPES = {
  json: JSON_TYPE,
  csv: { "Content-Type": "text/csv" },
  floats: (shape?: string) => ({
    "Content-Type": "application/octet-stream",
    ...(shape === undefined ? {} : { "X-Shape": shape }),
  }),
};

async function askSeries(body: BodyInit, headers: Record<string, string>) {
  await using test = await createTestApp();
  const url = "/v1/models/motion:classify";
  const response = await test.app.request(url, post(body, headers));
  const answer = await response.json();
  const ran = (test.executors[0]?.tasks ?? []).map(({ input }) =>
    input.kind === "series" ? [...input.values] : []
  );
  const sound = await test.app.request(url, post("1,2\n", SERIES_TYPES.csv));
  await sound.body?.cancel();
  return { status: response.status, answer, ran, isUndisturbed: sound.ok };
}

Deno.test("readInputs() reads a series as JSON rows, CSV and float32 with its shape", async () => {
  const { json, csv, floats } = SERIES_TYPES;
  const bytes = Float32Array.of(1, 2, 3, 4).buffer;
  const cases: [BodyInit, Record<string, string>][] = [
    [JSON.stringify({ inputs: [[1, 2], [3, 4]] }), json],
    ["1,2\n3,4\n", csv],
    [bytes, floats("2,2")],
    [bytes, { ...floats("2, 2"), "Content-Type": "Application/Octet-Stream; x=1" }],
  ];
  for (const [body, headers] of cases) {
    const { status, ran } = await askSeries(body, headers);
    assertEquals([status, ran], [200, [[1, 2, 3, 4]]]);
  }
});

Deno.test("readInputs() reads series of different lengths in one batch, and names the bad ones", async () => {
  const instances = [[[1, 2]], [[1, 2], [3]], [[1, 2], [3, 4], [5, 6], [7, 8]]];
  const { status, ran, answer } = await askSeries(JSON.stringify({ instances }), JSON_TYPE);
  assertEquals([status, ran], [200, [[1, 2], [1, 2, 3, 4, 5, 6, 7, 8]]]);
  assertEquals(answer.results.map(({ code }: { code?: string }) => code), [
    undefined,
    "invalid_value",
    undefined,
  ]);
});

Deno.test("readInputs() refuses a series in any form, with the rule and what it found", async () => {
  const { json, csv, floats } = SERIES_TYPES;
  const rows = (inputs: unknown): [string, Record<string, string>] => [
    JSON.stringify({ inputs }),
    json,
  ];
  const packed = (values: number[], shape?: string): [BodyInit, Record<string, string>] => [
    Float32Array.from(values).buffer,
    floats(shape),
  ];
  const cases: [[BodyInit, Record<string, string>], string][] = [
    [rows([[1, 2, 3]]), "each row must have 2 numbers: row 0 has 3"],
    [rows([[1, 2], [3]]), "each row must have 2 numbers: row 1 has 1"],
    [rows([[1, 1e39]]), "finite float32 number: row 0, channel 1 is 1e+39"],
    [rows([[1, null]]), "finite float32 number: row 0, channel 1 is null"],
    [rows([]), "1 to 4 steps: current number is 0"],
    [rows(Array(5).fill([1, 2])), "1 to 4 steps: current number is 5"],
    [["1,2,3\n", csv], "each row must have 2 numbers: row 0 has 3"],
    [["1,2\n3\n", csv], "each row must have 2 numbers: row 1 has 1"],
    [["1,NaN\n", csv], 'finite float32 number: row 0, channel 1 is "NaN"'],
    [["1,-Infinity\n", csv], "finite float32 number: row 0, channel 1 is"],
    [["", csv], "1 to 4 steps: current number is 0"],
    [["1,2\n".repeat(5), csv], "1 to 4 steps: current number is 5"],
    [packed([1, 2, 3], "1,3"), "shape must be steps,2: found 1,3"],
    [packed([1, 2, 3], "2,2"), "16 bytes for the shape 2,2: it has 12"],
    [packed([1, NaN], "1,2"), "finite float32 number: row 0, channel 1 is NaN"],
    [packed([-Infinity, 1], "1,2"), "finite float32 number: row 0, channel 0 is -Infinity"],
    [packed([], "0,2"), "1 to 4 steps: current number is 0"],
    [packed(Array(10).fill(0), "5,2"), "1 to 4 steps: current number is 5"],
    [packed([1, 2]), "header X-Shape must have their shape, whole numbers"],
    [packed([1, 2], "one,2"), 'commas between them: found "one,2"'],
  ];
  for (const [[body, headers], message] of cases) {
    const { status, answer, ran, isUndisturbed } = await askSeries(body, headers);
    assertEquals([status, answer.code], [422, "invalid_value"], message);
    assertStringIncludes(answer.error, message);
    assertEquals([ran, isUndisturbed], [[], true]);
  }
});
