import { assertEquals, assertLessOrEqual, assertThrows } from "@std/assert";
import * as tf from "@tensorflow/tfjs-core";
import { ResetAfterGruCell } from "../../../models/kernels/reset_after_gru_cell.ts";
import { largestDifference } from "../formats/test_backend.ts";
import {
  DIFFERENCE_MAX,
  makeValues,
  makeWeights,
  startRecurrentBackend,
} from "./recurrent_cases.ts";

await startRecurrentBackend();

function createCell(settings: object = {}): ResetAfterGruCell {
  const cell = new ResetAfterGruCell({
    units: 5,
    recurrentActivation: "sigmoid",
    recurrentInitializer: "zeros",
    ...settings,
  });
  cell.build([null, 3]);
  return cell;
}

Deno.test("ResetAfterGruCell steps as PyTorch's GRU does", async () => {
  const path = new URL("../../golden/recurrent.json", import.meta.url);
  const { outputs, ...sizes } = JSON.parse(await Deno.readTextFile(path)).gru_reset_after;
  tf.tidy(() => {
    const cell = createCell();
    const weights = makeWeights("GRUResetAfter", sizes);
    cell.setWeights([weights.kernel, weights.recurrentKernel, weights.bias]);
    const series = tf.unstack(makeValues([sizes.batch, sizes.steps, sizes.inputs], 4), 1);
    let hidden = makeValues([sizes.batch, sizes.units], 5) as tf.Tensor2D;
    const steps = series.map((x) => {
      hidden = cell.call([x as tf.Tensor2D, hidden], {})[0] as tf.Tensor2D;
      return hidden;
    });
    const actual = tf.stack(steps, 1).dataSync();
    assertLessOrEqual(largestDifference(actual, outputs), DIFFERENCE_MAX);
  });
});

Deno.test("ResetAfterGruCell has no bias where none is wanted", () => {
  const cell = createCell({ useBias: false });
  assertEquals(cell.bias, null);
  const [next] = cell.call([tf.zeros([1, 3]), tf.ones([1, 5])], {});
  // All weights of the hidden state are zero: h' = 1 / 2 + 1 / 2 tanh(0).
  assertEquals([...next?.dataSync() ?? []], [0.5, 0.5, 0.5, 0.5, 0.5]);
});

Deno.test("ResetAfterGruCell refuses a training with dropout, and predicts without", () => {
  const cell = createCell({ dropout: 0.2 });
  const inputs: [tf.Tensor2D, tf.Tensor2D] = [tf.zeros([1, 3]), tf.zeros([1, 5])];
  assertThrows(() => cell.call(inputs, { training: true }), RangeError, "dropout is 0.2");
  assertEquals(cell.call(inputs, {}).length, 2);
});

Deno.test("ResetAfterGruCell says in its configuration what it is", () => {
  assertEquals(createCell().getConfig().resetAfter, true);
});
