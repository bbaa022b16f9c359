import { assert, assertEquals, assertLessOrEqual, assertThrows } from "@std/assert";
import * as tf from "@tensorflow/tfjs-core";
import {
  RECURRENT_ACTIVATIONS,
  RECURRENT_CELLS,
  type RecurrentCellName,
} from "../../../models/kernels/recurrent_cells.ts";
import {
  packRecurrentWeights,
  type RecurrentOptions,
  type RecurrentResult,
  runRecurrent,
} from "../../../models/kernels/run_recurrent.ts";
import { largestDifference } from "../formats/test_backend.ts";
import {
  DIFFERENCE_MAX,
  type LayerSizes,
  makeMask,
  makeState,
  makeValues,
  makeWeights,
  runStockLayer,
  startRecurrentBackend,
  STOCK_CELLS,
} from "./recurrent_cases.ts";

await startRecurrentBackend();

const CELLS = Object.keys(RECURRENT_CELLS) as RecurrentCellName[];

/** Sizes around the edges of tiles (4 rows, 8 columns, 32 columns) and of chunks (256 rows). */
const GRID: LayerSizes[] = [
  { batch: 1, steps: 1, inputs: 1, units: 1 },
  { batch: 1, steps: 128, inputs: 128, units: 128 },
  { batch: 1, steps: 300, inputs: 2, units: 3 },
  { batch: 2, steps: 7, inputs: 5, units: 13 },
  { batch: 3, steps: 5, inputs: 1, units: 8 },
  { batch: 4, steps: 1, inputs: 9, units: 40 },
  { batch: 5, steps: 67, inputs: 3, units: 17 },
  { batch: 33, steps: 19, inputs: 7, units: 31 },
  { batch: 300, steps: 2, inputs: 2, units: 5 },
];

function readAll(tensors: (tf.Tensor | undefined)[]): Float32Array[] {
  return tensors.map((each) => each?.dataSync() as Float32Array);
}

function runFused(
  cell: RecurrentCellName,
  sizes: LayerSizes,
  options: RecurrentOptions = {},
): RecurrentResult {
  return tf.tidy(() => {
    const x = makeValues([sizes.batch, sizes.steps, sizes.inputs], 4);
    const weights = packRecurrentWeights(cell, makeWeights(cell, sizes));
    return runRecurrent(x, weights, { returnSequences: true, ...options });
  });
}

function compareWithStock(
  cell: (typeof STOCK_CELLS)[number],
  sizes: LayerSizes,
  options: RecurrentOptions = {},
): void {
  tf.tidy(() => {
    const x = makeValues([sizes.batch, sizes.steps, sizes.inputs], 4);
    const weights = makeWeights(cell, sizes);
    const expected = runStockLayer(cell, x, { weights, units: sizes.units, ...options });
    const { outputs, state } = runFused(cell, sizes, options);
    readAll([outputs, ...state]).forEach((values, index) => {
      const difference = largestDifference(values, expected[index] ?? []);
      assertLessOrEqual(difference, DIFFERENCE_MAX, `${cell} ${JSON.stringify(sizes)} ${index}`);
    });
  });
}

Deno.test("runRecurrent() gives what the layers of TensorFlow.js give, over a grid of shapes", () => {
  for (const cell of STOCK_CELLS) for (const sizes of GRID) compareWithStock(cell, sizes);
});

Deno.test("runRecurrent() takes initial states, masks and backward reading like those layers", () => {
  for (const cell of STOCK_CELLS) {
    for (const sizes of GRID.filter(({ steps }) => steps < 100)) {
      const initialState = makeState(cell, sizes);
      const mask = makeMask(sizes);
      for (const goBackwards of [false, true]) {
        compareWithStock(cell, sizes, { initialState, goBackwards });
        compareWithStock(cell, sizes, { initialState, mask, goBackwards });
      }
    }
  }
});

Deno.test("runRecurrent() has the activations of those layers", () => {
  const sizes = { batch: 5, steps: 6, inputs: 3, units: 10 };
  for (const cell of STOCK_CELLS) {
    for (const activation of RECURRENT_ACTIVATIONS) {
      compareWithStock(cell, sizes, { activation });
      compareWithStock(cell, sizes, { recurrentActivation: activation });
    }
  }
});

interface GoldenCase extends LayerSizes {
  cell: RecurrentCellName;
  lengths: number[] | null;
  outputs: number[];
  state: number[];
}

Deno.test("runRecurrent() gives what PyTorch gives, also for series of several lengths", async () => {
  const path = new URL("../../golden/recurrent.json", import.meta.url);
  const golden: Record<string, GoldenCase> = JSON.parse(await Deno.readTextFile(path));
  for (const [name, { cell, lengths, ...expected }] of Object.entries(golden)) {
    const { batch, steps, units } = expected;
    const ends = lengths ?? Array<number>(batch).fill(steps);
    tf.tidy(() => {
      const flags = ends.map((end) => Array.from({ length: steps }, (_, step) => step < end));
      const mask = lengths ? tf.tensor2d(flags, [batch, steps], "bool") : undefined;
      const initialState = makeState(cell, expected);
      const { outputs, state } = runFused(cell, expected, { mask, initialState });
      const [values = new Float32Array()] = readAll([outputs]);
      // PyTorch pads with zeros where we repeat the last output.
      values.forEach((_, index) => {
        const sample = Math.floor(index / units / steps);
        if (Math.floor(index / units) % steps >= (ends[sample] ?? 0)) values[index] = 0;
      });
      assertLessOrEqual(largestDifference(values, expected.outputs), DIFFERENCE_MAX, name);
      const states = readAll(state).flatMap((each) => [...each]);
      assertLessOrEqual(largestDifference(states, expected.state), DIFFERENCE_MAX, name);
    });
  }
});

Deno.test("runRecurrent() gives the same for a series in pieces as for the whole", () => {
  const sizes = { batch: 3, steps: 40, inputs: 4, units: 21 };
  for (const cell of CELLS) {
    for (const pieceSteps of [1, 3, 16, 39]) {
      tf.tidy(() => {
        const whole = runFused(cell, sizes);
        const weights = packRecurrentWeights(cell, makeWeights(cell, sizes));
        const x = makeValues([sizes.batch, sizes.steps, sizes.inputs], 4) as tf.Tensor3D;
        const pieces: tf.Tensor[] = [];
        let initialState: tf.Tensor[] | undefined;
        for (let start = 0; start < sizes.steps; start += pieceSteps) {
          const count = Math.min(pieceSteps, sizes.steps - start);
          const piece = tf.slice(x, [0, start, 0], [-1, count, -1]);
          const result = runRecurrent(piece, weights, { initialState, returnSequences: true });
          if (result.outputs) pieces.push(result.outputs);
          initialState = result.state;
        }
        const [outputs, ...state] = readAll([tf.concat(pieces, 1), ...initialState ?? []]);
        const [wholeOutputs, ...wholeState] = readAll([whole.outputs, ...whole.state]);
        assertLessOrEqual(largestDifference(outputs ?? [], wholeOutputs ?? []), DIFFERENCE_MAX);
        state.forEach((each, index) => {
          assertLessOrEqual(largestDifference(each, wholeState[index] ?? []), DIFFERENCE_MAX);
        });
      });
    }
  }
});

Deno.test("runRecurrent() gives no outputs of the steps unless they are wanted", () => {
  const sizes = { batch: 2, steps: 3, inputs: 2, units: 4 };
  for (const cell of CELLS) {
    const { outputs, state } = runFused(cell, sizes, { returnSequences: false });
    const all = runFused(cell, sizes);
    assertEquals(outputs, undefined);
    assertEquals(readAll(state), readAll(all.state));
    tf.dispose([state, all.state, all.outputs ?? []]);
  }
});

Deno.test("runRecurrent() keeps a NaN a NaN, and a huge input within the bounds of the activations", () => {
  tf.tidy(() => {
    for (const cell of CELLS) {
      const sizes = { batch: 1, steps: 1, inputs: 1, units: 3 };
      const weights = packRecurrentWeights(cell, makeWeights(cell, sizes));
      const run = (value: number) => {
        const { state: [hidden] } = runRecurrent(tf.tensor3d([[[value]]]), weights);
        return [...hidden?.dataSync() ?? []];
      };
      assert(run(NaN).every(Number.isNaN), cell);
      assert(run(3e38).every(Number.isFinite), cell);
      assert(run(-3e38).every(Number.isFinite), cell);
    }
  });
});

Deno.test("runRecurrent() owns nothing once it has answered", () => {
  const sizes = { batch: 3, steps: 9, inputs: 2, units: 5 };
  for (const cell of CELLS) {
    const before = tf.memory();
    const { state, outputs } = runFused(cell, sizes);
    assertEquals(tf.memory().numTensors, before.numTensors + state.length + 1);
    tf.dispose([state, outputs ?? []]);
    assertEquals(tf.memory(), before);
  }
});

Deno.test("runRecurrent() refuses what does not fit the weights", () => {
  tf.tidy(() => {
    const sizes = { batch: 2, steps: 3, inputs: 4, units: 5 };
    const weights = packRecurrentWeights("LSTM", makeWeights("LSTM", sizes));
    const x = tf.ones([2, 3, 4]);
    const state = tf.zeros([2, 5]);
    const cases: [tf.Tensor, RecurrentOptions, string][] = [
      [tf.ones([2, 3]), {}, "input must be float32"],
      [
        tf.ones([2, 3, 5]),
        {},
        "input must be float32 of shape [2, 3, 4]: found float32 of shape [2",
      ],
      [tf.ones([2, 0, 4]), {}, "input must be float32 of shape [2, 1, 4]"],
      [tf.ones([2, 3, 4], "int32"), {}, "found int32"],
      [x, { initialState: [state] }, "initial state must be 2 tensors: found 1"],
      [x, { initialState: [state, tf.zeros([1, 5])] }, "initial state must be float32"],
      [x, { mask: tf.ones([2, 3]) }, "mask must be bool"],
      [x, { mask: tf.ones([2, 4], "bool") }, "mask must be bool"],
    ];
    for (const [input, options, message] of cases) {
      assertThrows(() => runRecurrent(input, weights, options), TypeError, message);
    }
  });
});

Deno.test("packRecurrentWeights() refuses weights that do not fit together", () => {
  tf.tidy(() => {
    const [kernel, recurrentKernel] = [tf.zeros([2, 9]), tf.zeros([3, 9])];
    const pack = (cell: RecurrentCellName, weights: Partial<Record<string, tf.Tensor>>) => () =>
      packRecurrentWeights(cell, { kernel, recurrentKernel, ...weights });
    assertThrows(pack("LSTM", {}), TypeError, "kernel must be float32 of shape [2, 12]");
    assertThrows(pack("GRU", { recurrentKernel: tf.zeros([4, 9]) }), TypeError, "kernel must be");
    assertThrows(pack("GRU", { bias: tf.zeros([2, 9]) }), TypeError, "bias must be");
    assertThrows(pack("GRUResetAfter", { bias: tf.zeros([9]) }), TypeError, "shape [2, 9]");
  });
});
