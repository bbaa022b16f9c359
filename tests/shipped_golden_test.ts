/**
 * The models that ship against PyTorch, through the whole service: the outputs in `tests/golden/` for
 * inputs that are made up or follow from a formula (`training/write_golden.py`).
 */
import { assert, assertEquals, assertLessOrEqual } from "@std/assert";
import { Buffer } from "node:buffer";
import { PNG } from "pngjs";
import { largestDifference } from "./models/formats/test_backend.ts";
import { createShippedApp, SHIPPED_NAMES } from "./shipped_app.ts";

const { app } = await createShippedApp();
const JSON_TYPE = { "Content-Type": "application/json" };

interface Golden<Case> {
  tolerance: number;
  cases: Case[];
}

/** Runs a comparison where the model ships and its golden outputs are here; says so where not. */
function testGolden<Case>(name: string, compare: (golden: Golden<Case>) => Promise<void>): void {
  const text = readOptional(new URL(`golden/${name}.json`, import.meta.url));
  const missing = !SHIPPED_NAMES.includes(name)
    ? " (skipped: the model does not ship yet)"
    : text === undefined
    ? " (skipped: its golden outputs are missing)"
    : "";
  Deno.test({
    name: `${name} agrees with PyTorch over HTTP${missing}`,
    ignore: missing !== "",
    fn: () => compare(JSON.parse(text ?? "")),
  });
}

function readOptional(url: URL): string | undefined {
  try {
    return Deno.readTextFileSync(url);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

async function ask(path: string, init: RequestInit): Promise<Response> {
  const response = await app.request(`/v1/models/${path}`, { method: "POST", ...init });
  assertEquals(response.status, 200, path);
  return response;
}

/** The scores of all classes in the order of the outputs. */
async function classify(path: string, init: RequestInit): Promise<number[]> {
  const { predictions } = await (await ask(`${path}?top_k=10000`, init)).json();
  const scores: number[] = [];
  for (const { index, score } of predictions) scores[index] = score;
  return scores;
}

testGolden<{ input: number; output: number[]; state_start: number[] }>(
  "motion-rnn",
  async ({ tolerance, cases }) => {
    assertEquals(cases.length, 16);
    for (const { input: k, output, state_start } of cases) {
      const series = Array.from({ length: 40 + 4 * k }, (_, t) =>
        Array.from(
          { length: 6 },
          (_, c) => (((k + 9) * t + 13 * c) % 41 - 18 - c) * (k % 4 + 1) * (k + 1) / 64,
        ));
      const json = { headers: JSON_TYPE, body: JSON.stringify({ inputs: series }) };
      const csv = { headers: { "Content-Type": "text/csv" }, body: series.join("\n") };
      const floats = {
        headers: { "Content-Type": "application/octet-stream", "X-Shape": `${series.length},6` },
        body: Float32Array.from(series.flat()),
      };
      for (const init of [json, csv, floats]) {
        const scores = await classify("motion-rnn:classify", init);
        assertLessOrEqual(largestDifference(scores, output), tolerance);
      }
      const { embedding } = await (await ask("motion-rnn:embed", json)).json();
      assertLessOrEqual(largestDifference(embedding.slice(0, 8), state_start), tolerance);
    }
  },
);

testGolden<{ input: string; output: number[] }>("names-lstm", async ({ tolerance, cases }) => {
  assertEquals(cases.length, 16);
  for (const { input, output } of cases) {
    const text = { headers: { "Content-Type": "text/plain" }, body: input };
    const json = { headers: JSON_TYPE, body: JSON.stringify({ inputs: input }) };
    for (const init of [text, json]) {
      const scores = await classify("names-lstm:classify", init);
      assertLessOrEqual(largestDifference(scores, output), tolerance);
    }
  }
});

testGolden<{ input: string; greedy: string }>("shakespeare-gru", async ({ cases }) => {
  assertEquals(cases.length, 16);
  for (const { input, greedy } of cases) {
    if (greedy === "") continue;
    const body = { prompt: input, temperature: 0, max_tokens: greedy.length };
    const init = { headers: JSON_TYPE, body: JSON.stringify(body) };
    const { text } = await (await ask("shakespeare-gru:generate", init)).json();
    assertEquals(text, greedy, JSON.stringify(input));
  }
});

interface AutoencoderCase {
  input: number;
  code: number[];
  image_row_20: number[];
  error: number;
}

testGolden<AutoencoderCase>("image-autoencoder", async ({ tolerance, cases }) => {
  assertEquals(cases.length, 16);
  for (const { input, code, image_row_20, error } of cases) {
    const picture = { body: drawPicture(64, input) };
    const encoded = await (await ask("image-autoencoder:encode", picture)).json();
    assertLessOrEqual(largestDifference(encoded.code, code), tolerance);
    const numbers = { headers: JSON_TYPE, body: JSON.stringify({ inputs: code }) };
    const decoded = await ask("image-autoencoder:decode", numbers);
    const row = readRow(await decoded.arrayBuffer(), 20);
    // Eight bits keep no more than half a step.
    const clipped = image_row_20.map((value) => Math.min(1, Math.max(0, value)));
    assertLessOrEqual(largestDifference(row, clipped), tolerance + 0.5 / 255);
    const headers = { Accept: "application/json" };
    const answer = await ask("image-autoencoder:reconstruct", { ...picture, headers });
    assertLessOrEqual(Math.abs((await answer.json()).squared_error - error), tolerance);
  }
});

testGolden<{ input: number; output: number[]; features_start: number[] }>(
  "edge-cnn",
  async ({ tolerance, cases }) => {
    assertEquals(cases.length, 16);
    for (const { input, output, features_start } of cases) {
      // The service takes the central 96 of 102 pixels.
      const picture = { body: drawPicture(96, input, 3) };
      const scores = await classify("edge-cnn:classify", picture);
      assertLessOrEqual(largestDifference(scores, output), tolerance);
      const { embedding } = await (await ask("edge-cnn:embed", picture)).json();
      assertLessOrEqual(largestDifference(embedding.slice(0, 16), features_start), tolerance);
    }
  },
);

/**
 * (k y + (16 - k) x + 40 c + floor((k mod 4) x y / 64)) mod 256, as `training/` draws it, with black
 * pixels around it.
 */
function drawPicture(side: number, k: number, border = 0): Uint8Array<ArrayBuffer> {
  const png = new PNG({ width: side + 2 * border, height: side + 2 * border });
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      for (let c = 0; c < 4; c++) {
        const value = k * y + (16 - k) * x + 40 * c + Math.floor((k % 4) * x * y / 64);
        png.data[((y + border) * png.width + x + border) * 4 + c] = c === 3 ? 255 : value % 256;
      }
    }
  }
  return new Uint8Array(PNG.sync.write(png));
}

/** Red, green and blue of every eighth pixel of a row, in [0, 1]. */
function readRow(bytes: ArrayBuffer, y: number): number[] {
  const { data, width } = PNG.sync.read(Buffer.from(bytes));
  return Array.from({ length: 8 * 3 }, (_, i) => {
    return (data[(y * width + Math.floor(i / 3) * 8) * 4 + i % 3] ?? NaN) / 255;
  });
}

Deno.test({
  name:
    "shakespeare-gru writes the same text for one seed, streamed or whole, and another for another",
  ignore: !SHIPPED_NAMES.includes("shakespeare-gru"),
  async fn() {
    const write = async (seed: number, stream: boolean) => {
      const body = {
        prompt: "The moon ",
        max_tokens: 80,
        temperature: 0.9,
        top_k: 20,
        seed,
        stream,
      };
      return await ask("shakespeare-gru:generate", {
        headers: JSON_TYPE,
        body: JSON.stringify(body),
      });
    };
    const { text } = await (await write(7, false)).json();
    assertEquals(text.length, 80);
    const events = (await (await write(7, true)).text()).split("\n\n")
      .filter((event) => event.startsWith('data: {"text"'))
      .map((event) => JSON.parse(event.slice(6)).text);
    assertEquals(events.join(""), text);
    assert((await (await write(8, false)).json()).text !== text);
  },
});
