import { assert, assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import { Buffer } from "node:buffer";
import { PNG } from "pngjs";
import * as tf from "@tensorflow/tfjs-core";
import { createImageDecoders } from "../../lib/images/image_decoders.ts";
import { decoderModules } from "../../lib/images/wasm_decoders.js";
import { ServiceError } from "../../lib/service_error.ts";
import { isAutoencoderQuery, runAutoencoderLine } from "../../models/autoencoder_line.ts";
import { loadTfjsAutoencoder } from "../../models/formats/tfjs_autoencoder.ts";
import type { AutoencoderQuery, InputValue } from "../../models/inference_task.ts";
import { makePair, PAIR_INPUT } from "./formats/autoencoder_fixtures.ts";
import { startTestBackend } from "./formats/test_backend.ts";

await startTestBackend();

const station = {
  model: loadTfjsAutoencoder(makePair()),
  input: PAIR_INPUT,
  decoders: createImageDecoders(decoderModules),
  png: decoderModules.png,
};

/** Two pixels of one colour above two of another. */
function drawPicture(): InputValue {
  const png = new PNG({ width: 2, height: 2 });
  png.data.set([255, 0, 51, 255, 255, 0, 51, 255, 0, 0, 51, 255, 0, 0, 51, 255]);
  return { kind: "image", bytes: new Uint8Array(PNG.sync.write(png)) };
}

async function run(query: AutoencoderQuery, input = drawPicture()) {
  return (await runAutoencoderLine(station, { query, input, pixelsMax: 100 })).answer;
}

function readPixels(bytes: Uint8Array): number[] {
  return [...PNG.sync.read(Buffer.from(bytes)).data];
}

Deno.test("runAutoencoderLine() encodes to numbers or bytes", async () => {
  const before = tf.memory().numTensors;
  const numbers = await run({ verb: "encode", dtype: "float32" });
  assert(numbers.verb === "encode");
  for (const [i, value] of [0.5, 0, 0.2].entries()) {
    assertAlmostEquals(numbers.code[i] ?? NaN, value, 1e-6);
  }
  const bytes = await run({ verb: "encode", dtype: "uint8" });
  assert(bytes.verb === "encode");
  assertEquals(bytes.code, Uint8Array.of(128, 0, 51));
  assertEquals(tf.memory().numTensors, before);
});

Deno.test("runAutoencoderLine() decodes numbers and bytes to a picture, clipped", async () => {
  const before = tf.memory().numTensors;
  const numbers = await run({ verb: "decode" }, {
    kind: "code",
    values: Float32Array.of(1, -1, 0.2),
  });
  const bytes = await run({ verb: "decode" }, { kind: "code", values: Uint8Array.of(255, 0, 51) });
  for (const answer of [numbers, bytes]) {
    assert(answer.verb === "decode");
    assertEquals(readPixels(answer.picture), Array(4).fill([255, 0, 51, 255]).flat());
  }
  assertEquals(tf.memory().numTensors, before);
});

Deno.test("runAutoencoderLine() reconstructs, and tells what was lost", async () => {
  const before = tf.memory().numTensors;
  const picture = await run({ verb: "reconstruct", want: "picture" });
  assert("picture" in picture);
  assertEquals(readPixels(picture.picture), Array(4).fill([128, 0, 51, 255]).flat());
  const error = await run({ verb: "reconstruct", want: "error" });
  assert("squaredError" in error);
  // Each red value is off by a half: 4 of 12 values.
  assertAlmostEquals(error.squaredError, 4 * 0.25 / 12, 1e-6);
  assertAlmostEquals(error.anomalyScore, 4 * 0.25 / 12, 1e-6);
  assertEquals(tf.memory().numTensors, before);
});

Deno.test("runAutoencoderLine() refuses a code of another length and one that overflows", async () => {
  const before = tf.memory().numTensors;
  const ask = (values: Float32Array<ArrayBuffer>) => () =>
    run({ verb: "decode" }, { kind: "code", values });
  const short = await assertRejects(ask(Float32Array.of(1)), ServiceError, "3 numbers: it has 1");
  const large = await assertRejects(ask(Float32Array.of(NaN, 0, 0)), ServiceError);
  assertEquals([short.code, large.code], ["invalid_value", "non_finite_output"]);
  assertEquals(tf.memory().numTensors, before);
});

Deno.test("isAutoencoderQuery() tells the queries apart", () => {
  assertEquals(isAutoencoderQuery({ verb: "decode" }), true);
  assertEquals(isAutoencoderQuery({ verb: "embed" }), false);
});
