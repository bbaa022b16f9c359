import { assertEquals, assertStrictEquals } from "@std/assert";
import * as tf from "@tensorflow/tfjs-core";
import { packOnce } from "../../../models/kernels/packed_weights.ts";
import { runRecurrent } from "../../../models/kernels/run_recurrent.ts";
import { startRecurrentBackend } from "./recurrent_cases.ts";

await startRecurrentBackend();

function createVariables() {
  return {
    kernel: tf.variable(tf.ones([2, 3])),
    recurrentKernel: tf.variable(tf.ones([3, 3])),
    bias: tf.variable(tf.zeros([3])),
  };
}

Deno.test("packOnce() packs again only after an assignment, and frees what it had", () => {
  tf.tidy(() => {
    const weights = createVariables();
    const before = tf.memory().numTensors;
    const first = packOnce("SimpleRNN", weights);
    tf.tidy(() => void packOnce("SimpleRNN", weights));
    assertStrictEquals(packOnce("SimpleRNN", weights), first);
    assertEquals(tf.memory().numTensors, before + 1);
    for (const variable of Object.values(weights)) {
      const old = packOnce("SimpleRNN", weights);
      tf.tidy(() => variable.assign(tf.mul(variable, 2)));
      const renewed = packOnce("SimpleRNN", weights);
      assertEquals([old.packed.isDisposed, renewed.packed.isDisposed], [true, false]);
    }
    assertEquals(tf.memory().numTensors, before + 1);
    const ones = tf.ones([1, 1, 2]);
    const { state } = runRecurrent(ones, packOnce("SimpleRNN", weights), { activation: "linear" });
    // Two inputs of 1 by a kernel that has doubled from ones, and a bias of zeros.
    assertEquals([...state[0]?.dataSync() ?? []], [4, 4, 4]);
    tf.dispose(Object.values(weights));
  });
});

Deno.test("packOnce() frees what it packed together with the variable", () => {
  const before = tf.memory().numTensors;
  const weights = tf.tidy(createVariables);
  const { packed } = packOnce("SimpleRNN", weights);
  tf.dispose(Object.values(weights));
  assertEquals([packed.isDisposed, weights.recurrentKernel.isDisposed], [true, true]);
  assertEquals(tf.memory().numTensors, before);
});
