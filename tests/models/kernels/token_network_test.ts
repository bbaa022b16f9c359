import { assertEquals, assertLessOrEqual, assertThrows } from "@std/assert";
import * as tf from "@tensorflow/tfjs-core";
import { packTokenNetwork, type TokenNetwork } from "../../../models/kernels/token_network.ts";
import { largestDifference } from "../formats/test_backend.ts";
import { startRecurrentBackend } from "./recurrent_cases.ts";
import { makeTokenNetwork } from "./token_cases.ts";

await startRecurrentBackend();

Deno.test("packTokenNetwork() multiplies the embeddings and adds both biases of a GRU's gates", () => {
  tf.tidy(() => {
    const { embeddings, recurrent, ...rest } = makeTokenNetwork("GRUResetAfter");
    const { table } = packTokenNetwork({ embeddings, recurrent, ...rest });
    assertEquals(table.shape, [7, 3 * 16]);
    const product = tf.matMul(embeddings as tf.Tensor2D, recurrent.kernel as tf.Tensor2D);
    const [values, biases] = [product.dataSync(), recurrent.bias?.dataSync() ?? []];
    const expected = Array.from({ length: 7 * 48 }, (_, index) => {
      const [token, gate, unit] = [Math.floor(index / 48), Math.floor(index % 48 / 16), index % 16];
      if (unit >= 13) return 0;
      const column = gate * 13 + unit;
      // The second bias of the candidate is multiplied by the reset gate, so it is not in here.
      const second = gate < 2 ? biases[39 + column] ?? NaN : 0;
      return (values[token * 39 + column] ?? NaN) + (biases[column] ?? NaN) + second;
    });
    assertLessOrEqual(largestDifference(table.dataSync(), expected), 1e-6);
  });
});

Deno.test("packTokenNetwork() lays the dense layer out in panels of eight classes", () => {
  tf.tidy(() => {
    const network = makeTokenNetwork("LSTM");
    const { head, headBias } = packTokenNetwork(network);
    const kernel = network.head.kernel.arraySync() as number[][];
    assertEquals(head.shape, [1, 13, 8]);
    assertEquals(head.arraySync(), [kernel.map((row) => [...row, 0, 0, 0])]);
    assertEquals([...headBias.dataSync()], [...network.head.bias?.dataSync() ?? [], 0, 0, 0]);
    const without = packTokenNetwork({ ...network, head: { kernel: network.head.kernel } });
    assertEquals([...without.headBias.dataSync()], Array(8).fill(0));
  });
});

Deno.test("packTokenNetwork() refuses weights that do not fit together", () => {
  tf.tidy(() => {
    const network = makeTokenNetwork("GRU");
    const { kernel } = network.head;
    const cases: [Partial<TokenNetwork>, string][] = [
      [{ embeddings: tf.zeros([7, 4]) }, "embeddings must be float32 of shape [7, 3]"],
      [{ embeddings: tf.zeros([7, 3], "int32") }, "found int32"],
      [{ head: { kernel: tf.zeros([12, 5]) } }, "head's kernel must be float32 of shape [13, 5]"],
      [{ head: { kernel, bias: tf.zeros([4]) } }, "head's bias must be float32 of shape [5]"],
    ];
    const before = tf.memory().numTensors;
    for (const [part, message] of cases) {
      assertThrows(() => packTokenNetwork({ ...network, ...part }), TypeError, message);
    }
    assertEquals(tf.memory().numTensors, before);
  });
});
