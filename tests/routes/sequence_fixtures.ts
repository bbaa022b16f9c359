/** Series and calls for the tests of sequences. */
import type { App } from "../../routes/app.ts";

export const MODEL = "motion-rnn";
export const SEQUENCES = `/v1/models/${MODEL}/sequences`;
const CHANNELS = 6;

/** Rows of six channels from a generator of their own (mulberry32), about as large as real ones. */
export function makeRows(steps: number, seed: number): number[][] {
  let state = seed >>> 0;
  const draw = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32 * 4 - 2;
  };
  return Array.from({ length: steps }, () => Array.from({ length: CHANNELS }, draw));
}

/** Rows in pieces of these lengths. */
export function cutRows(rows: number[][], lengths: readonly number[]): number[][][] {
  let start = 0;
  return lengths.map((length) => rows.slice(start, start += length));
}

/** Sends a JSON body. */
export function sendJson(body: unknown, headers: Record<string, string> = {}): RequestInit {
  return {
    method: "POST",
    body: JSON.stringify(body),
    headers: { "Content-Type": "application/json", ...headers },
  };
}

/** Scores by index of the class. */
export function scoresOf(predictions: { index: number; score: number }[]): number[] {
  return predictions.toSorted((a, b) => a.index - b.index).map(({ score }) => score);
}

/** Makes a sequence and gives its path. */
export async function beginSequence(app: App, headers: Record<string, string> = {}) {
  const response = await app.request(SEQUENCES, { method: "POST", headers });
  const body = await response.json();
  return { status: response.status, body, path: `${SEQUENCES}/${body.id}` };
}
