import { assert, assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import * as tf from "@tensorflow/tfjs-core";
import { createImageDecoders } from "../../lib/images/image_decoders.ts";
import type { ImageView } from "../../lib/images/image_view.ts";
import { decoderModules } from "../../lib/images/wasm_decoders.js";
import { ServiceError } from "../../lib/service_error.ts";
import { createIdentityModel } from "../../models/formats/identity_model.ts";
import { loadModel } from "../../models/formats/load_model.ts";
import { attachHead } from "../../models/heads/attach_head.ts";
import { runInferenceLine } from "../../models/inference_line.ts";
import type { InferenceQuery, InputValue } from "../../models/inference_task.ts";
import { startTestBackend } from "./formats/test_backend.ts";
import { makeTinyArtifact, readFixture } from "./tiny_model.ts";

await startTestBackend();
const decoders = createImageDecoders(decoderModules);
const CLASSIFY: InferenceQuery = { verb: "classify", topK: 3, threshold: 0 };
const LIMITS = { pixelsMax: 1_000_000 };

function picture(bytes = readFixture("baseline.jpg")): InputValue {
  return { kind: "image", bytes };
}

async function openStation(gain?: number) {
  const { backbone } = makeTinyArtifact(gain === undefined ? {} : { gain });
  const model = await loadModel(backbone);
  return { model, input: backbone.input, decoders, [Symbol.dispose]: () => model.dispose() };
}

Deno.test("runInferenceLine() classifies a picture, best first, and times the stages", async () => {
  using station = await openStation();
  const { answer, timings } = await runInferenceLine(station, {
    input: picture(),
    query: CLASSIFY,
    ...LIMITS,
  });
  assert(answer.verb === "classify");
  const scores = answer.predictions.map(({ score }) => score);
  assertEquals(scores, scores.toSorted((a, b) => b - a));
  assertAlmostEquals(scores.reduce((sum, score) => sum + score, 0), 1, 1e-5);
  for (const time of Object.values(timings)) assert(time >= 0);
});

Deno.test("runInferenceLine() gives the feature vector that the scores come from", async () => {
  using station = await openStation();
  const input = picture();
  const embedded = await runInferenceLine(station, { input, query: { verb: "embed" }, ...LIMITS });
  const classified = await runInferenceLine(station, { input, query: CLASSIFY, ...LIMITS });
  assert(embedded.answer.verb === "embed" && classified.answer.verb === "classify");
  const means = [...embedded.answer.embedding];
  assertEquals(means.length, 3);
  const exponentials = means.map((value) => Math.exp(10 * value));
  const sum = exponentials.reduce((total, value) => total + value, 0);
  for (const { index, score } of classified.answer.predictions) {
    assertAlmostEquals(score, (exponentials[index] ?? NaN) / sum, 1e-5);
  }
});

Deno.test("runInferenceLine() leaves no tensor behind, with or without an error", async () => {
  using station = await openStation();
  const before = tf.memory().numTensors;
  await runInferenceLine(station, {
    input: picture(),
    query: CLASSIFY,
    ...LIMITS,
  });
  const broken = readFixture("baseline.jpg").slice(0, 200);
  await assertRejects(
    () => runInferenceLine(station, { input: picture(broken), query: CLASSIFY, ...LIMITS }),
    ServiceError,
  );
  assertEquals(tf.memory().numTensors, before);
});

Deno.test("runInferenceLine() refuses bytes that are no picture, and pictures above the limit", async () => {
  using station = await openStation();
  const text = new TextEncoder().encode("not a picture");
  const none = await assertRejects(
    () => runInferenceLine(station, { input: picture(text), query: CLASSIFY, ...LIMITS }),
    ServiceError,
  );
  const input = picture();
  const large = await assertRejects(
    () => runInferenceLine(station, { input, query: CLASSIFY, pixelsMax: 10 }),
    ServiceError,
  );
  assertEquals([none.code, large.code], ["not_an_image", "image_too_large"]);
});

Deno.test("runInferenceLine() throws non_finite_output instead of answering NaN", async () => {
  using station = await openStation(Infinity);
  const before = tf.memory().numTensors;
  const input = picture();
  const error = await assertRejects(
    () => runInferenceLine(station, { input, query: CLASSIFY, ...LIMITS }),
    ServiceError,
  );
  assertEquals(error.code, "non_finite_output");
  assertEquals(tf.memory().numTensors, before);
});

Deno.test("runInferenceLine() classifies vectors with a head on nothing", async () => {
  const weights = Float32Array.of(1, -1, 0, 2);
  const layer = { inputs: 2, units: 2, weights, bias: Float32Array.of(0, 1) };
  const model = attachHead(createIdentityModel(2), {
    layers: [{ ...layer, activation: "linear" }],
  });
  const before = tf.memory().numTensors;
  const { answer } = await runInferenceLine(
    { model, input: { kind: "vector", length: 2 }, decoders },
    { input: { kind: "vector", values: Float32Array.of(3, 1) }, query: CLASSIFY, ...LIMITS },
  );
  assert(answer.verb === "classify");
  // Logits 3 and -3 + 2 + 1.
  const [best] = answer.predictions;
  assertAlmostEquals(best?.score ?? NaN, 1 / (1 + Math.exp(-3)), 1e-6);
  assertEquals(tf.memory().numTensors, before);
  model.dispose();
});

Deno.test("runInferenceLine() embeds a view of a picture", async () => {
  using station = await openStation();
  const embed = async (view?: ImageView) => {
    const query = { verb: "embed", view } as const;
    const { answer } = await runInferenceLine(station, { input: picture(), query, ...LIMITS });
    assert(answer.verb === "embed");
    return [...answer.embedding];
  };
  const plain = await embed();
  // The features are means of the colours, which a mirror leaves as they are and a corner does not.
  const mirrored = await embed({ part: 1, x: 0.5, y: 0.5, mirrored: true });
  mirrored.forEach((value, index) => assertAlmostEquals(value, plain[index] ?? NaN, 1e-5));
  const corner = await embed({ part: 0.3, x: 0, y: 0, mirrored: false });
  assert(corner.some((value, index) => Math.abs(value - (plain[index] ?? NaN)) > 0.01));
});
