import { assertEquals, assertLessOrEqual, assertThrows } from "@std/assert";
import * as tf from "@tensorflow/tfjs-core";
import {
  RECURRENT_CELLS,
  type RecurrentCellName,
} from "../../../models/kernels/recurrent_cells.ts";
import { StepRunner } from "../../../models/kernels/step_runner.ts";
import { largestDifference } from "../formats/test_backend.ts";
import { DIFFERENCE_MAX, startRecurrentBackend } from "./recurrent_cases.ts";
import {
  disposeTokenNetwork,
  makeTokenNetwork,
  runTokenNetwork,
  TOKEN_SIZES,
} from "./token_cases.ts";

await startRecurrentBackend();

const CELLS = Object.keys(RECURRENT_CELLS) as RecurrentCellName[];
const STEPS = 9;

function createRunner(cell: RecurrentCellName, batchMax = 7): StepRunner {
  const network = makeTokenNetwork(cell);
  const runner = new StepRunner(network, { batchMax });
  disposeTokenNetwork(network);
  return runner;
}

/** Tokens of n sequences, each another one. */
function makeTokens(n: number): number[][] {
  return Array.from({ length: n }, (_, sequence) => {
    return Array.from({ length: STEPS }, (_, step) => {
      return (step * 3 + sequence * 5 + 1) % TOKEN_SIZES.vocabulary;
    });
  });
}

Deno.test("StepRunner gives the logits of the layers, for any number of sequences", () => {
  for (const cell of CELLS) {
    const network = makeTokenNetwork(cell);
    using runner = new StepRunner(network, { batchMax: 7 });
    for (const n of [1, 2, 3, 4, 5, 6, 7]) {
      const tokens = makeTokens(n);
      const expected = runTokenNetwork(network, tokens);
      const state = new Float32Array(runner.stateRows * n * runner.units);
      for (let step = 0; step < STEPS; step++) {
        const logits = runner.step(tokens.map((row) => row[step] ?? NaN), state);
        const wanted = expected.flatMap((each) => each[step] ?? []);
        assertLessOrEqual(largestDifference(logits, wanted), DIFFERENCE_MAX, `${cell} ${n}`);
      }
    }
    disposeTokenNetwork(network);
  }
});

Deno.test("StepRunner keeps nothing of one sequence for another", () => {
  for (const cell of CELLS) {
    using runner = createRunner(cell);
    const length = runner.stateRows * runner.units;
    const [first, second] = [new Float32Array(length), new Float32Array(length)];
    const alone = [1, 2, 3].map((token) => runner.step([token], first));
    const mixed = [1, 2, 3].map((token) => {
      runner.step([6], new Float32Array(length).fill(0.9));
      return runner.step([token], second);
    });
    assertEquals(mixed, alone);
    assertEquals(second, first);
  }
});

Deno.test("StepRunner passes the activations of the network on", () => {
  const network = makeTokenNetwork("SimpleRNN");
  using runner = new StepRunner({ ...network, activation: "relu" }, { batchMax: 1 });
  const state = new Float32Array(runner.units).fill(0.5);
  runner.step([0], state);
  assertEquals(state.every((value) => value >= 0), true);
  assertEquals(state.some((value) => value > 1), true);
  disposeTokenNetwork(network);
});

Deno.test("StepRunner refuses tokens, states and batches that do not fit", () => {
  using runner = createRunner("LSTM", 2);
  const state = new Float32Array(2 * runner.units);
  for (const token of [-1, 7, 0.5, NaN]) {
    assertThrows(() => runner.step([token], state), RangeError, `in [0, 7): found ${token}`);
  }
  assertThrows(() => runner.step([], state), RangeError, "in [1, 2]: found 0");
  assertThrows(() => runner.step([1, 1, 1], state), RangeError, "in [1, 2]: found 3");
  assertThrows(() => runner.step([1, 1], state), TypeError, "must have 52 values: found 26");
  assertEquals(state.every((value) => value === 0), true);
  for (const batchMax of [0, 1.5, 1025]) {
    assertThrows(() => createRunner("GRU", batchMax), RangeError, "batchMax must be an integer");
  }
});

Deno.test("StepRunner owns its weights alone, and frees them", () => {
  const before = tf.memory().numTensors;
  const runner = createRunner("GRU");
  const held = tf.memory().numTensors;
  const state = new Float32Array(runner.units);
  for (let step = 0; step < 5; step++) runner.step([step], state);
  assertEquals(tf.memory().numTensors, held);
  runner[Symbol.dispose]();
  assertEquals(tf.memory().numTensors, before);
});
