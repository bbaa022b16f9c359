import { assertAlmostEquals, assertEquals, assertStringIncludes } from "@std/assert";
import { ServiceError } from "../../lib/service_error.ts";
import { softmax } from "../../lib/softmax.ts";
import { networkOutputsSchema } from "../../routes/predict_schemas.ts";
import { bytesOf } from "../models/pool/fake_executor.ts";
import { createShippedApp } from "../shipped_app.ts";
import { answerTask, createTestApp, post } from "./test_app.ts";

const shipped = await createShippedApp();
const TINY = "/v1/models/tiny:predict";
const MOTION = "/v1/models/motion-rnn";
const SERIES = Array.from({ length: 7 }, (_, t) => [0, 1, 2, 3, 4, 5].map((c) => Math.sin(t + c)));
const BINARY = { Accept: "application/octet-stream" };

type Answerer = { request(path: string, init?: RequestInit): Response | Promise<Response> };

async function ask(app: Answerer, path: string, body: unknown) {
  const response = await app.request(path, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  return { status: response.status, body: await response.json() };
}

function readFloats(bytes: ArrayBuffer): number[] {
  const view = new DataView(bytes);
  return Array.from({ length: bytes.byteLength / 4 }, (_, i) => view.getFloat32(i * 4, true));
}

Deno.test("POST :predict answers in the forms of TensorFlow Serving", async () => {
  await using test = await createTestApp();
  const { body: one } = await ask(test.app, TINY, { inputs: "AA==" });
  assertEquals([one.model, one.outputs], ["tiny", [0.25, 0.75]]);
  assertEquals(networkOutputsSchema.parse(one), one);
  const two = { instances: [{ b64: "AA==" }, "AAA="] };
  const { body: several } = await ask(test.app, `${TINY}?fetches=logits,features`, two);
  const each = { logits: [-1, 1], features: [0, 1, 2, 3] };
  assertEquals(several.predictions, [each, each]);
  assertEquals(networkOutputsSchema.parse(several), several);
  const raw = await (await test.app.request(`${TINY}?fetches=features`, post("x"))).json();
  assertEquals(raw.outputs, [0, 1, 2, 3]);
  const versions = await ask(test.app, "/v1/models/tiny/versions/1:predict", two);
  assertEquals(versions.body.predictions.length, 2);
  const { verbs, urls } = await (await test.app.request("/v1/models/tiny")).json();
  assertEquals(verbs, ["classify", "predict", "embed"]);
  assertStringIncludes(urls.predict, TINY);
});

Deno.test("POST :predict gives float32 little endian with its shape on request", async () => {
  await using test = await createTestApp();
  const form = new FormData();
  for (const name of ["a", "b"]) form.append(name, new Blob([name]), name);
  const response = await test.app.request(TINY, post(form, BINARY));
  assertEquals(response.headers.get("X-Shape"), "2,2");
  assertEquals(readFloats(await response.arrayBuffer()), [0.25, 0.75, 0.25, 0.75]);
  const both = await test.app.request(`${TINY}?fetches=scores,logits`, post("x", BINARY));
  assertEquals([both.status, (await both.json()).code], [422, "invalid_value"]);
});

Deno.test("POST :predict fails as a whole where one input cannot be read, and names it", async () => {
  await using test = await createTestApp({
    run: (task) =>
      bytesOf(task).length === 2
        ? Promise.reject(new ServiceError("invalid_image", "Broken"))
        : answerTask(task),
  });
  const { status, body } = await ask(test.app, TINY, { instances: ["AA==", "AAA="] });
  assertEquals([status, body.code, body.error], [422, "invalid_image", "Input 1: Broken"]);
  const one = await ask(test.app, TINY, { inputs: "AAA=" });
  assertEquals([one.status, one.body.error], [422, "Broken"]);
});

Deno.test("POST :predict refuses what does not fit", async () => {
  await using test = await createTestApp();
  const cases: [string, unknown, number, string][] = [
    [`${TINY}?fetches=conv1`, { inputs: "AA==" }, 422, "scores, logits, features"],
    [`${TINY}?top_k=1`, { inputs: "AA==" }, 422, "top_k"],
    [`${TINY}?output_mode=all`, { inputs: "AA==" }, 422, "output_mode=all is for text and series"],
    [`${TINY}?return_state=true`, { inputs: "AA==" }, 422, "must be recurrent"],
    [TINY, { inputs: "AA==", instances: [] }, 422, "instances"],
    ["/v1/models/nobody:predict", { inputs: "AA==" }, 404, "nobody"],
  ];
  for (const [path, sent, status, text] of cases) {
    const { status: found, body } = await ask(test.app, path, sent);
    assertEquals(found, status, `${path} ${body.error}`);
    assertStringIncludes(body.error, text);
  }
  const poet = await ask(shipped.app, "/v1/models/shakespeare-gru:predict", { inputs: "a" });
  assertEquals([poet.status, poet.body.code], [404, "verb_not_supported"]);
});

Deno.test("POST :predict agrees with :classify and :embed, last step and every step", async () => {
  const path = `${MOTION}:predict?fetches=scores,logits,features`;
  const { body: last } = await ask(shipped.app, path, { inputs: SERIES });
  const classified = await ask(shipped.app, `${MOTION}:classify?top_k=9&output_mode=all`, {
    inputs: SERIES,
  });
  const embedded = await ask(shipped.app, `${MOTION}:embed`, { inputs: SERIES });
  const scoresOf = (predictions: { index: number; score: number }[]) =>
    predictions.toSorted((a, b) => a.index - b.index).map(({ score }) => score);
  assertEquals(last.outputs.scores, scoresOf(classified.body.predictions));
  assertEquals(last.outputs.features, embedded.body.embedding);
  const fromLogits = softmax(Float32Array.from(last.outputs.logits));
  last.outputs.scores.forEach((score: number, i: number) =>
    assertAlmostEquals(score, fromLogits[i] ?? NaN, 1e-6)
  );
  const { body: every } = await ask(shipped.app, `${path}&output_mode=all`, {
    instances: [SERIES, SERIES.slice(0, 3)],
  });
  const steps = classified.body.steps.map(({ predictions }: { predictions: [] }) =>
    scoresOf(predictions)
  );
  assertEquals(every.predictions.map(({ scores }: { scores: [] }) => scores), [
    steps,
    steps.slice(0, 3),
  ]);
  assertEquals(every.predictions[0].features.length, 7);
  assertEquals(every.predictions[0].features.at(-1), last.outputs.features);
  const names = await ask(shipped.app, "/v1/models/names-lstm:predict?output_mode=all", {
    inputs: "Rossi",
  });
  assertEquals(names.body.outputs.map((row: number[]) => row.length), Array(5).fill(18));
});

Deno.test("POST :predict gives the steps of one series as float32", async () => {
  const init = { method: "POST", body: JSON.stringify({ inputs: SERIES }) };
  const headers = { "Content-Type": "application/json" };
  const path = `${MOTION}:predict?output_mode=all&fetches=logits`;
  const json = await (await shipped.app.request(path, { ...init, headers })).json();
  const response = await shipped.app.request(path, { ...init, headers: { ...headers, ...BINARY } });
  assertEquals(response.headers.get("X-Shape"), "7,4");
  assertEquals(readFloats(await response.arrayBuffer()), json.outputs.flat());
});

Deno.test("states go along with every form of a body, and with several sequences", async () => {
  const path = `${MOTION}:predict?fetches=logits&return_state=true`;
  const other = SERIES.map((row) => row.map((value) => -value));
  const whole = await ask(shipped.app, path, { instances: [SERIES, other] });
  const first = await ask(shipped.app, path, {
    instances: [SERIES.slice(0, 3), other.slice(0, 2)],
  });
  const states = first.body.states.map(({ state }: { state: string }) => state);
  const rest = await ask(shipped.app, path, {
    instances: [SERIES.slice(3), other.slice(2)],
    states,
  });
  const isNear = (found: number[], expected: number[]) =>
    found.forEach((value, i) => assertAlmostEquals(value, expected[i] ?? NaN, 1e-5));
  isNear(rest.body.predictions.flat(), whole.body.predictions.flat());
  assertEquals(rest.body.states.map((each: { steps_so_far: number }) => each.steps_so_far), [7, 7]);
  const csv = await shipped.app.request(path, {
    method: "POST",
    headers: { "Content-Type": "text/csv", "X-State": states[0] },
    body: SERIES.slice(3).map((row) => row.join()).join("\n"),
  });
  const { outputs, steps_so_far } = await csv.json();
  isNear(outputs, whole.body.predictions[0]);
  assertEquals(steps_so_far, 7);
  // A state that is broken is the fault of its own input.
  const broken = await ask(shipped.app, `${MOTION}:classify`, {
    instances: [SERIES, SERIES],
    states: [null, `${states[0]}x`],
  });
  assertEquals(broken.body.results[0].predictions.length, 4);
  assertEquals(typeof broken.body.results[1].error, "string");
});
