import {
  assertEquals,
  assertLessOrEqual,
  assertNotEquals,
  assertStringIncludes,
} from "@std/assert";
import { importSigningKey } from "../../lib/signed_bytes.ts";
import type { InferenceTask } from "../../models/inference_task.ts";
import { FAKE_RESULT } from "../models/pool/fake_executor.ts";
import { createShippedApp } from "../shipped_app.ts";
import { createTestApp } from "./test_app.ts";

const shipped = await createShippedApp();
const MOTION = "/v1/models/motion:classify";

/** A network whose state is the sum of the first channel. */
function sum({ input, query }: InferenceTask) {
  if (input.kind !== "series" || query.verb !== "classify") throw new TypeError(input.kind);
  const total = input.values.filter((_, i) => i % 2 === 0)
    .reduce((left, right) => left + right, input.state?.[0] ?? 0);
  const state = query.returnState ? { state: Float32Array.of(total) } : {};
  const predictions = [{ index: 0, score: total / 100 }];
  return Promise.resolve({
    ...FAKE_RESULT,
    answer: { verb: "classify" as const, predictions, ...state },
  });
}

const createSumApp = (options: Parameters<typeof createTestApp>[1] = {}) =>
  createTestApp({ run: sum, stateLength: 1 }, options);

type Answerer = { request(path: string, init: RequestInit): Response | Promise<Response> };

async function ask(app: Answerer, body: unknown, path = MOTION) {
  const response = await app.request(path, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  return { status: response.status, ...await response.json() };
}

Deno.test("POST :classify goes on from the state of an earlier answer", async () => {
  await using test = await createSumApp();
  const first = await ask(test.app, { inputs: [[1, 0], [2, 0]], return_state: true });
  assertEquals([first.predictions[0].score, first.steps_so_far], [0.03, 2]);
  const second = await ask(
    test.app,
    { inputs: [[4, 0]], state: first.state },
    `${MOTION}?return_state=true`,
  );
  assertEquals(second.predictions[0].score, 0.07);
  assertEquals(second.steps_so_far, 3);
  assertNotEquals(second.state, first.state);
  // The first state still stands: nothing is kept on the server.
  assertEquals(
    (await ask(test.app, { inputs: [[1, 0]], state: first.state })).predictions[0].score,
    0.04,
  );
});

Deno.test("POST :classify gives no state unless it is asked for, and the body overrides the query", async () => {
  await using test = await createSumApp();
  const { state: first } = await ask(test.app, { inputs: [[1, 0]] });
  const body = { inputs: [[1, 0]], return_state: false };
  const { state: second } = await ask(test.app, body, `${MOTION}?return_state=true`);
  assertEquals([first, second], [undefined, undefined]);
});

Deno.test("POST :classify gives each of several series a state of its own", async () => {
  await using test = await createSumApp();
  const body = { instances: [[[1, 0]], [[1]], [[5, 0]]], return_state: true };
  const { results } = await ask(test.app, body);
  assertEquals(results[1].code, "invalid_value");
  const scores = await Promise.all([0, 2].map(async (index) => {
    const next = await ask(test.app, { inputs: [[1, 0]], state: results[index].state });
    return next.predictions[0].score;
  }));
  assertEquals(scores, [0.02, 0.06]);
});

Deno.test("POST :classify takes the state that another replica with the same key gave", async () => {
  const [stateKey, foreignKey] = await Promise.all(
    [1, 2].map((byte) => importSigningKey(new Uint8Array(32).fill(byte))),
  ) as [CryptoKey, CryptoKey];
  await using one = await createSumApp({ stateKey });
  await using other = await createSumApp({ stateKey });
  await using stranger = await createSumApp({ stateKey: foreignKey });
  const { state } = await ask(one.app, { inputs: [[3, 0]], return_state: true });
  const next = { inputs: [[1, 0]], state };
  assertEquals((await ask(other.app, next)).predictions[0].score, 0.04);
  const refused = await ask(stranger.app, next);
  assertEquals([refused.status, refused.code], [422, "state_invalid"]);
});

Deno.test("POST :classify refuses a state that is tampered with, outdated or foreign", async () => {
  await using test = await createSumApp();
  await using hasty = await createSumApp({ environment: { STATE_AGE_MS_MAX: "1" } });
  const { state } = await ask(test.app, { inputs: [[3, 0]], return_state: true });
  const changed = (state[0] === "A" ? "B" : "A") + state.slice(1);
  for (const wrong of [changed, "", "nonsense", state.slice(0, -4), `${state}AAAA`]) {
    const { status, code, error } = await ask(test.app, { inputs: [[1, 0]], state: wrong });
    assertEquals([status, code], [422, "state_invalid"]);
    assertStringIncludes(error, "must be one that this service has given");
  }
  const foreign = await ask(test.app, { inputs: "abc", state }, "/v1/models/letters:classify");
  assertEquals([foreign.status, foreign.code], [422, "state_foreign"]);
  assertStringIncludes(foreign.error, "it comes from version 1 of motion");
  const { state: old } = await ask(hasty.app, { inputs: [[3, 0]], return_state: true });
  await new Promise((resolve) => setTimeout(resolve, 10));
  const outdated = await ask(hasty.app, { inputs: [[3, 0]], state: old });
  assertEquals([outdated.status, outdated.code], [410, "state_expired"]);
  // Nothing of this reached a worker.
  assertEquals(test.executors[0]?.tasks.length, 1);
});

Deno.test("POST :classify refuses to carry the state of a model that has none", async () => {
  await using test = await createTestApp();
  for (const body of [{ inputs: [[1, 0]], return_state: true }, { inputs: [[1, 0]], state: "x" }]) {
    const { status, code, error } = await ask(test.app, body);
    assertEquals([status, code], [422, "invalid_value"]);
    assertStringIncludes(error, "model motion as it must be recurrent");
  }
  const embedded = await ask(test.app, { inputs: [[1, 0]], state: "x" }, "/v1/models/motion:embed");
  assertEquals(embedded.status, 422);
});

type Scored = { predictions: { index: number; score: number }[] };

/** Scores of all classes in the order of the outputs. */
function scoresOf({ predictions }: Scored): number[] {
  return predictions.toSorted((left, right) => left.index - right.index).map(({ score }) => score);
}

/** Asks piece by piece, and compares with the whole: the last answer and that after every step. */
async function comparePieces<Piece extends { length: number }>(
  model: string,
  whole: Piece,
  { cut, sizes }: { cut: (start: number, end: number) => Piece; sizes: number[] },
): Promise<void> {
  const path = `/v1/models/${model}:classify?top_k=100&output_mode=all&return_state=true`;
  const expected = await ask(shipped.app, { inputs: whole }, path);
  for (const size of sizes) {
    const steps: Scored[] = [];
    let last: Scored & { state?: string } = { predictions: [] };
    for (let start = 0; start < whole.length; start += size) {
      const answer = await ask(
        shipped.app,
        { inputs: cut(start, start + size), state: last.state },
        path,
      );
      steps.push(...answer.steps);
      last = answer;
    }
    assertEquals(steps.length, whole.length);
    const differences = [...steps, last].flatMap((step, index) => {
      const right = scoresOf([...expected.steps, expected][index]);
      return scoresOf(step).map((score, place) => Math.abs(score - (right[place] ?? NaN)));
    });
    assertLessOrEqual(Math.max(...differences), 1e-5, `pieces of ${size}`);
  }
}

Deno.test("motion-rnn answers a series in pieces of any size as it answers the whole", async () => {
  const series = Array.from(
    { length: 40 },
    (_, step) => Array.from({ length: 6 }, (_, channel) => Math.sin(step * (channel + 1) / 7) * 4),
  );
  const cut = (start: number, end: number) => series.slice(start, end);
  await comparePieces("motion-rnn", series, { cut, sizes: [1, 7, 39, 40] });
});

Deno.test("names-lstm answers a name in pieces of any size as it answers the whole", async () => {
  const name = "Przybyszewski";
  const cut = (start: number, end: number) => name.slice(start, end);
  await comparePieces("names-lstm", name, { cut, sizes: [1, 5, 12, 13] });
});
