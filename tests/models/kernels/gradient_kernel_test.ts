import { assertEquals } from "@std/assert";
import * as tf from "@tensorflow/tfjs-core";
import { runGradientKernel } from "../../../models/kernels/gradient_kernel.ts";
import { requireRecurrentInstance } from "../../../models/kernels/recurrent_instance.ts";
import { startRecurrentBackend } from "./recurrent_cases.ts";

await startRecurrentBackend();

/** A simple cell of one unit, h' = x + w h without activation, over two steps of one sample. */
const ATTRIBUTES = {
  cell: "SimpleRNN",
  units: 1,
  goBackwards: false,
  returnSequences: true,
  keepHistory: true,
  activation: "linear",
  recurrentActivation: "linear",
};

/** The first value of each row of eight. */
function readRows(tensor: tf.TensorInfo): number[] {
  const { backend } = requireRecurrentInstance();
  return Array.from(backend.typedArrayFromHeap(tensor)).filter((_, index) => index % 8 === 0);
}

function run(inputs: Record<string, tf.Tensor>, goBackwards = false): number[][] {
  const instance = requireRecurrentInstance();
  const [gates, hidden] = runGradientKernel(instance, {
    inputs,
    attrs: { ...ATTRIBUTES, goBackwards },
  });
  if (!gates || !hidden) throw new Error("unreachable");
  const values = [readRows(gates), readRows(hidden)];
  for (const { dataId } of [gates, hidden]) instance.backend.disposeData(dataId);
  return values;
}

function makeInputs(): Record<string, tf.Tensor> {
  // Panels of eight by eight: the weight is 3.
  const transposed = tf.oneHot(tf.tensor1d([0, 9, 9, 9, 9, 9, 9, 9], "int32"), 8);
  return {
    gates: tf.zeros([1, 2, 1, 8]),
    history: tf.zeros([1, 3, 1, 8]),
    transposed: tf.mul(tf.cast(transposed, "float32"), 3),
    outputGradients: tf.tensor3d([[[10], [100]]]),
    finalHiddenGradients: tf.tensor2d([[1]]),
  };
}

Deno.test("runGradientKernel() adds what outputs and later steps ask for", () => {
  tf.tidy(() => {
    // Last step 1 + 100, first 10 + 3 * 101, initial state 3 * 313.
    assertEquals(run(makeInputs()), [[313, 101], [939]]);
  });
});

Deno.test("runGradientKernel() orders the gates as the input is", () => {
  tf.tidy(() => assertEquals(run(makeInputs(), true), [[101, 313], [939]]));
});

Deno.test("runGradientKernel() hands gradients through steps that are masked", () => {
  tf.tidy(() => {
    const mask = tf.tensor2d([[1, 0]], [1, 2], "bool");
    // The last step repeats the state of the first: 10 + 101, and 3 * 111 before.
    assertEquals(run({ ...makeInputs(), mask }), [[111, 0], [333]]);
  });
});

Deno.test("runGradientKernel() needs no gradients by outputs", () => {
  tf.tidy(() => {
    const { outputGradients: _, ...inputs } = makeInputs();
    assertEquals(run(inputs), [[3, 1], [9]]);
  });
});
