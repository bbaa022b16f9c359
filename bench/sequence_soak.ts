import { makeRows, scoresOf, sendJson } from "../tests/routes/sequence_fixtures.ts";

/** The model whose sequences are stepped. */
const MODEL_PATH = "/v1/models/motion-rnn";
const CLASSES = 4;
/** Steps of one sequence; one that has come to its end is deleted, and another takes its place. */
const SEQUENCE_STEPS = 96;
const PIECE_STEPS_MAX = 8;
/** One call in so many is refused: a row of too many channels, which must disturb nothing. */
const WRONG_PIECE_EVERY = 50;
/** Requests at a time while the sequences are made. */
const GROUP = 8;

/** How a service is put to the test. */
export interface SequenceSoakOptions {
  /** Where it listens. */
  url: string;
  /** Sequences that are there at a time. */
  sequences: number;
  /** How long they are stepped. */
  durationMs: number;
  /** Calls under way at a time, each to another sequence. */
  concurrency: number;
  /** Called every `sampleMs` while it runs. */
  onSample?: () => Promise<void>;
  /** Default: no samples. */
  sampleMs?: number;
}

/** What came of it. */
export interface SequenceSoakResult {
  /** Pieces that were answered. */
  pieces: number;
  /** Rows in them. */
  steps: number;
  /** Wrong pieces, each refused with 422. */
  refused: number;
  /** Greatest difference of a score from that of the sequence run alone. */
  differenceMax: number;
  /** Calls each second, over the whole time. */
  callsPerSecond: number;
}

/** A sequence as its client knows it. */
interface Held {
  rows: number[][];
  /** Scores after each step of the whole: `[steps][classes]`. */
  expected: number[][];
  path: string;
  place: number;
}

/**
 * Steps many sequences in random order, in pieces of random length, and compares every answer with
 * that of the same sequence run alone, as a whole.
 *
 * @throws {Error} if an answer is not what it must be
 */
export async function runSequenceSoak(options: SequenceSoakOptions): Promise<SequenceSoakResult> {
  const { url, sequences, durationMs, concurrency, onSample, sampleMs } = options;
  let idle = await makeSequences(url, sequences);
  /** Stepped in this round: each sequence has one step in each, in an order of its own. */
  let done: Held[] = [];
  const result = { pieces: 0, steps: 0, refused: 0, differenceMax: 0 };
  const started = performance.now();
  const isOver = () => performance.now() - started >= durationMs;
  const step = async () => {
    while (!isOver()) {
      if (idle.length === 0) [idle, done] = [done, []];
      const [one] = idle.splice(Math.floor(Math.random() * idle.length), 1);
      if (!one) throw new Error("There must be more sequences than calls at a time");
      if ((result.pieces + result.refused) % WRONG_PIECE_EVERY === WRONG_PIECE_EVERY - 1) {
        await sendWrongPiece(url, one);
        result.refused++;
      } else {
        const { steps, difference } = await sendPiece(url, one);
        result.pieces++;
        result.steps += steps;
        result.differenceMax = Math.max(result.differenceMax, difference);
      }
      done.push(one);
    }
  };
  const sample = async () => {
    while (onSample && sampleMs && !isOver()) {
      await onSample();
      await new Promise((resolve) => setTimeout(resolve, sampleMs));
    }
  };
  await Promise.all([sample(), ...Array.from({ length: concurrency }, step)]);
  const seconds = (performance.now() - started) / 1000;
  return { ...result, callsPerSecond: (result.pieces + result.refused) / seconds };
}

/** Makes a sequence that nobody steps, and gives its path. */
export async function beginSequence(url: string): Promise<string> {
  const { id } = await ask(`${url}${MODEL_PATH}/sequences`, { method: "POST" }, 201);
  return `${MODEL_PATH}/sequences/${id}`;
}

async function makeSequences(url: string, count: number): Promise<Held[]> {
  const seeds = Array.from({ length: count }, (_, seed) => seed);
  const wholes = await mapInGroups(seeds, async (seed) => {
    const rows = makeRows(SEQUENCE_STEPS, seed);
    const path = `${url}${MODEL_PATH}:classify?top_k=${CLASSES}&output_mode=all`;
    const { steps } = await ask(path, sendJson({ inputs: rows }), 200);
    return { rows, expected: steps.map(({ predictions }: Scored) => scoresOf(predictions)) };
  });
  // Begun last and all together, as they may not live for as long as the rest takes.
  return await mapInGroups(
    wholes,
    async (whole) => ({ ...whole, path: await beginSequence(url), place: 0 }),
  );
}

async function mapInGroups<From, To>(
  all: From[],
  make: (from: From) => Promise<To>,
): Promise<To[]> {
  const made: To[] = [];
  for (let first = 0; first < all.length; first += GROUP) {
    made.push(...await Promise.all(all.slice(first, first + GROUP).map(make)));
  }
  return made;
}

async function sendPiece(url: string, one: Held): Promise<{ steps: number; difference: number }> {
  const length = 1 + Math.floor(Math.random() * PIECE_STEPS_MAX);
  const piece = one.rows.slice(one.place, one.place + length);
  const path = `${url}${one.path}:step?top_k=${CLASSES}&output_mode=all`;
  const answer = await ask(path, sendJson({ inputs: piece }), 200);
  const expected = one.expected.slice(one.place, one.place + length);
  one.place += piece.length;
  if (answer.steps_so_far !== one.place || answer.steps.length !== piece.length) {
    throw new Error(`The sequence must stand at ${one.place}: it stands at ${answer.steps_so_far}`);
  }
  const difference = answer.steps.reduce(
    (worst: number, { predictions }: Scored, step: number) =>
      Math.max(worst, measureDifference(scoresOf(predictions), expected[step] ?? [])),
    measureDifference(scoresOf(answer.predictions), expected.at(-1) ?? []),
  );
  if (one.place === one.rows.length) {
    await ask(`${url}${one.path}`, { method: "DELETE" }, 204);
    one.path = await beginSequence(url);
    one.place = 0;
  }
  return { steps: piece.length, difference };
}

async function sendWrongPiece(url: string, { path }: Held): Promise<void> {
  await ask(`${url}${path}:step`, sendJson({ inputs: [[1, 2, 3, 4, 5, 6, 7]] }), 422);
}

type Scored = { predictions: { index: number; score: number }[] };

function measureDifference(found: number[], expected: number[]): number {
  if (found.length !== CLASSES || expected.length !== CLASSES) return Infinity;
  return Math.max(...found.map((score, index) => Math.abs(score - (expected[index] ?? NaN))));
}

async function ask(url: string, init: RequestInit, status: number) {
  const response = await fetch(url, init);
  const text = await response.text();
  if (response.status !== status) {
    throw new Error(`${url} must answer ${status}: it answers ${response.status} ${text}`);
  }
  return text === "" ? undefined : JSON.parse(text);
}
