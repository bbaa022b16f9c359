import { assertEquals, assertLessOrEqual, assertThrows } from "@std/assert";
import * as tf from "@tensorflow/tfjs-core";
import {
  RECURRENT_ACTIVATIONS,
  RECURRENT_CELLS,
  type RecurrentCellName,
} from "../../../models/kernels/recurrent_cells.ts";
import { ResetAfterGruCell } from "../../../models/kernels/reset_after_gru_cell.ts";
import {
  packRecurrentWeights,
  type RecurrentOptions,
  type RecurrentResult,
  runRecurrent,
} from "../../../models/kernels/run_recurrent.ts";
import { trainRecurrent } from "../../../models/kernels/train_recurrent.ts";
import { largestDifference } from "../formats/test_backend.ts";
import {
  createStockLayer,
  type LayerSizes,
  makeMask,
  makeState,
  makeValues,
  makeWeights,
  startRecurrentBackend,
  STOCK_CELLS,
} from "./recurrent_cases.ts";

await startRecurrentBackend();

const CELLS = Object.keys(RECURRENT_CELLS) as RecurrentCellName[];
/** Relative to the largest gradient: rounding, added up over batch and steps. */
const GRADIENT_DIFFERENCE_MAX = 2e-5;

const GRID: LayerSizes[] = [
  { batch: 1, steps: 1, inputs: 1, units: 1 },
  { batch: 2, steps: 7, inputs: 5, units: 13 },
  { batch: 5, steps: 11, inputs: 3, units: 8 },
  { batch: 33, steps: 4, inputs: 2, units: 17 },
];

/** A sum in which every output and state has another weight. */
function weigh(tensors: (tf.Tensor | undefined)[]): tf.Scalar {
  const terms = tensors.flatMap((each, index) => {
    return each ? [tf.sum(tf.mul(each, makeValues(each.shape, 20 + index)))] : [];
  });
  return terms.reduce((sum, term) => tf.add(sum, term)) as tf.Scalar;
}

type Run = (parameters: tf.Tensor[], options: RecurrentOptions) => RecurrentResult;

/** Gradients by x, kernel, recurrent kernel, bias, and the parts of the initial state. */
function computeGradients(
  cell: RecurrentCellName,
  sizes: LayerSizes,
  { run, options }: { run: Run; options: RecurrentOptions },
): Float32Array[] {
  return tf.tidy(() => {
    const { kernel, recurrentKernel, bias } = makeWeights(cell, sizes);
    const x = makeValues([sizes.batch, sizes.steps, sizes.inputs], 4);
    const parameters = [x, kernel, recurrentKernel, bias, ...makeState(cell, sizes)];
    const gradients = tf.grads((...parameters: tf.Tensor[]) => {
      const { outputs, state } = run(parameters, options);
      return weigh([outputs, ...state]);
    })(parameters);
    return gradients.map((each) => each.dataSync() as Float32Array);
  });
}

function runTraining(cell: RecurrentCellName): Run {
  return ([x, kernel, recurrentKernel, bias, ...initialState], options) => {
    if (!x || !kernel || !recurrentKernel) throw new Error("unreachable");
    return trainRecurrent(x, { cell, kernel, recurrentKernel, bias }, { ...options, initialState });
  };
}

/** The layers of TensorFlow.js, with the parameters in the place of their variables. */
function runStock(cell: RecurrentCellName, { units, inputs }: LayerSizes): Run {
  return ([x, kernel, recurrentKernel, bias, ...initialState], options) => {
    const { mask, returnSequences = false, ...rest } = options;
    const layer = createStockLayer(cell as (typeof STOCK_CELLS)[number], {
      units,
      inputs,
      returnSequences,
      ...rest,
    });
    const read = (tensor: tf.Tensor | undefined) => ({ read: () => tensor });
    Object.assign(layer.cell, {
      kernel: read(kernel),
      recurrentKernel: read(recurrentKernel),
      bias: read(bias),
    });
    // A layer of TensorFlow.js cannot be trained on a single step: the gradient of unstack() fails.
    const [outputs, ...state] = x?.shape[1] === 1
      ? runStockStep(layer, x, initialState)
      : layer.call(x as tf.Tensor, { initialState, ...(mask && { mask }) }) as tf.Tensor2D[];
    return returnSequences && outputs ? { state, outputs } : { state };
  };
}

function runStockStep(
  layer: ReturnType<typeof createStockLayer>,
  x: tf.Tensor,
  initialState: tf.Tensor[],
): tf.Tensor2D[] {
  const step = tf.reshape(x, [x.shape[0] ?? 0, -1]);
  const [output, ...state] = layer.cell.call([step, ...initialState], {}) as tf.Tensor2D[];
  return [tf.expandDims(output as tf.Tensor2D, 1) as tf.Tensor2D, ...state];
}

/** The cell by operations of TensorFlow.js, step by step. */
function runResetAfterCell({ units, inputs }: LayerSizes): Run {
  return ([x, kernel, recurrentKernel, bias, initial], { goBackwards }) => {
    const cell = new ResetAfterGruCell({
      units,
      recurrentActivation: "sigmoid",
      recurrentInitializer: "zeros",
    });
    cell.build([null, inputs]);
    const read = (tensor: tf.Tensor | undefined) => ({ read: () => tensor });
    Object.assign(cell, {
      kernel: read(kernel),
      recurrentKernel: read(recurrentKernel),
      bias: read(bias),
    });
    const [batch = 0, steps = 0] = x?.shape ?? [];
    const series = Array.from({ length: steps }, (_, index) => {
      const step = goBackwards ? steps - 1 - index : index;
      return tf.reshape(tf.slice(x as tf.Tensor, [0, step, 0], [batch, 1, inputs]), [
        batch,
        inputs,
      ]);
    }) as tf.Tensor2D[];
    let hidden = initial as tf.Tensor2D;
    const outputs = series.map((step) => {
      hidden = cell.call([step, hidden], {})[0] as tf.Tensor2D;
      return hidden;
    });
    return {
      state: [hidden],
      outputs: tf.concat(outputs.map((each) => tf.expandDims(each, 1)), 1),
    };
  };
}

function compare(
  cell: RecurrentCellName,
  sizes: LayerSizes,
  { oracle, options }: { oracle: Run; options: RecurrentOptions },
): void {
  const expected = computeGradients(cell, sizes, { run: oracle, options });
  const actual = computeGradients(cell, sizes, { run: runTraining(cell), options });
  const names = ["x", "kernel", "recurrentKernel", "bias", "hidden", "cell"];
  assertEquals(actual.length, expected.length);
  actual.forEach((values, index) => {
    const wanted = expected[index] ?? new Float32Array();
    const scale = Math.max(1, ...wanted.map(Math.abs));
    const what = `${cell} ${JSON.stringify(sizes)} ${names[index]}`;
    assertLessOrEqual(largestDifference(values, wanted) / scale, GRADIENT_DIFFERENCE_MAX, what);
  });
}

Deno.test("trainRecurrent() has the gradients of the layers of TensorFlow.js", () => {
  for (const cell of STOCK_CELLS) {
    for (const sizes of GRID) {
      const oracle = runStock(cell, sizes);
      compare(cell, sizes, { oracle, options: { returnSequences: true } });
      compare(cell, sizes, { oracle, options: { returnSequences: false } });
    }
  }
});

Deno.test("trainRecurrent() has the gradients of backward reading, masks and other activations", () => {
  const sizes = { batch: 3, steps: 6, inputs: 2, units: 9 };
  const mask = makeMask(sizes);
  for (const cell of STOCK_CELLS) {
    const oracle = runStock(cell, sizes);
    for (const goBackwards of [false, true]) {
      compare(cell, sizes, { oracle, options: { returnSequences: true, goBackwards } });
      compare(cell, sizes, { oracle, options: { returnSequences: true, goBackwards, mask } });
    }
    for (const activation of RECURRENT_ACTIVATIONS) {
      compare(cell, sizes, { oracle, options: { activation } });
      compare(cell, sizes, { oracle, options: { recurrentActivation: activation } });
    }
  }
  mask.dispose();
});

Deno.test("trainRecurrent() has the gradients of a GRU that resets after the product", () => {
  for (const sizes of GRID) {
    const oracle = runResetAfterCell(sizes);
    for (const goBackwards of [false, true]) {
      compare("GRUResetAfter", sizes, { oracle, options: { returnSequences: true, goBackwards } });
    }
  }
});

Deno.test("trainRecurrent() gives what runRecurrent() gives", () => {
  const sizes = { batch: 3, steps: 5, inputs: 2, units: 11 };
  for (const cell of CELLS) {
    for (const returnSequences of [false, true]) {
      tf.tidy(() => {
        const weights = makeWeights(cell, sizes);
        const x = makeValues([3, 5, 2], 4);
        const expected = runRecurrent(x, packRecurrentWeights(cell, weights), { returnSequences });
        const actual = trainRecurrent(x, { cell, ...weights }, { returnSequences });
        assertEquals(actual.outputs?.shape, expected.outputs?.shape);
        [...actual.state, actual.outputs].forEach((each, index) => {
          const wanted = [...expected.state, expected.outputs][index];
          assertLessOrEqual(
            largestDifference(each?.dataSync() ?? [], wanted?.dataSync() ?? []),
            1e-6,
          );
        });
      });
    }
  }
});

Deno.test("trainRecurrent() leaves no tensor behind, with gradients or without", () => {
  const sizes = { batch: 2, steps: 4, inputs: 3, units: 5 };
  for (const cell of CELLS) {
    const before = tf.memory();
    const options = { returnSequences: true };
    computeGradients(cell, sizes, { run: runTraining(cell), options });
    assertEquals(tf.memory(), before);
    tf.tidy(() => {
      trainRecurrent(makeValues([2, 4, 3], 4), { cell, ...makeWeights(cell, sizes) }, options);
    });
    assertEquals(tf.memory(), before);
  }
});

Deno.test("trainRecurrent() refuses what does not fit the weights", () => {
  tf.tidy(() => {
    const sizes = { batch: 2, steps: 3, inputs: 4, units: 5 };
    const weights = { cell: "LSTM" as const, ...makeWeights("LSTM", sizes) };
    assertThrows(() => trainRecurrent(tf.ones([2, 3, 5]), weights), TypeError, "input must be");
    const initialState = [tf.zeros([2, 5])];
    assertThrows(
      () => trainRecurrent(tf.ones([2, 3, 4]), weights, { initialState }),
      TypeError,
      "initial state must be 2 tensors",
    );
  });
});
