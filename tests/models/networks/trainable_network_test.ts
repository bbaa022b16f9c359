import { assert, assertEquals, assertLessOrEqual } from "@std/assert";
import * as tf from "@tensorflow/tfjs-core";
import { loadTfjsSequenceModel } from "../../../models/formats/tfjs_sequence_model.ts";
import { readLayeredNetwork } from "../../../models/networks/read_layered_network.ts";
import { TrainableNetwork } from "../../../models/networks/trainable_network.ts";
import { largestDifference } from "../formats/test_backend.ts";
import { startRecurrentBackend } from "../kernels/recurrent_cases.ts";
import { makeNetwork, readShippedFiles } from "./network_fixtures.ts";

await startRecurrentBackend();

Deno.test("TrainableNetwork.apply() gives the logits of the shipped models", async () => {
  for (const name of ["motion-rnn", "names-lstm"]) {
    const files = readShippedFiles(name);
    const before = tf.memory().numTensors;
    using network = new TrainableNetwork(await readLayeredNetwork(files));
    const served = await loadTfjsSequenceModel(files);
    const x = name === "motion-rnn"
      ? tf.randomNormal([1, 9, 6], 0, 1, "float32", 3)
      : tf.tensor2d([[0, 8, 9, 30, 1]], [1, 5], "int32");
    const logits = network.apply({ x });
    const expected = served.predict(x);
    assertLessOrEqual(
      largestDifference(logits.dataSync(), expected.logits.dataSync()),
      1e-5,
    );
    for (const each of [x, logits, expected.logits, expected.features]) each.dispose();
    served.dispose();
    network[Symbol.dispose]();
    assertEquals(tf.memory().numTensors, before);
  }
});

Deno.test("TrainableNetwork.apply() reads a padded sample as it reads it alone", () => {
  for (const cell of ["SimpleRNN", "LSTM", "GRU", "GRUResetAfter"] as const) {
    tf.tidy(() => {
      const network = new TrainableNetwork(makeNetwork({ cells: [cell, cell] }));
      const short = tf.randomNormal([1, 3, 2], 0, 1, "float32", 1);
      const long = tf.randomNormal([1, 5, 2], 0, 1, "float32", 2);
      const padded = tf.concat([tf.pad(short, [[0, 0], [0, 2], [0, 0]], 7), long], 0);
      const mask = tf.tensor2d([1, 1, 1, 0, 0, 1, 1, 1, 1, 1], [2, 5], "bool");
      const together = network.apply({ x: padded, mask }).dataSync();
      const alone = [short, long].flatMap((x) => [...network.apply({ x }).dataSync()]);
      assertLessOrEqual(largestDifference(together, Float32Array.from(alone)), 1e-6);
      network[Symbol.dispose]();
    });
  }
});

Deno.test("TrainableNetwork has the gradients that differences of its loss give", () => {
  const { layers } = makeNetwork({ cells: ["GRUResetAfter"], tokens: 5 });
  using network = new TrainableNetwork({ layers });
  tf.tidy(() => {
    const x = tf.tensor2d([1, 4, 0, 2, 2, 3], [2, 3], "int32");
    const target = tf.tensor2d([1, 0, 0, 0, 0, 1], [2, 3]);
    const loss = () => tf.losses.softmaxCrossEntropy(target, network.apply({ x })) as tf.Scalar;
    const { grads } = tf.variableGrads(loss, network.variables);
    const step = 1e-2;
    for (const variable of network.variables) {
      const gradient = grads[variable.name]?.dataSync() ?? [];
      const values = Float32Array.from(variable.dataSync());
      const index = values.length >> 1;
      const lossAt = (shift: number) => {
        const moved = values.slice();
        moved[index] = (moved[index] ?? 0) + shift;
        variable.assign(tf.tensor(moved, variable.shape));
        return loss().dataSync()[0] ?? NaN;
      };
      const slope = (lossAt(step) - lossAt(-step)) / (2 * step);
      variable.assign(tf.tensor(values, variable.shape));
      assertLessOrEqual(Math.abs(slope - (gradient[index] ?? NaN)), 1e-3, variable.name);
    }
  });
});

Deno.test("TrainableNetwork goes back to weights that were read", () => {
  using network = new TrainableNetwork(makeNetwork({ cells: ["LSTM"] }));
  const before = network.readWeights();
  network.assignWeights(before.map((values) => values.map((value) => value + 1)));
  assert(network.readWeights()[0]?.every((value, i) => value !== before[0]?.[i]));
  network.assignWeights(before);
  assertEquals(network.readWeights(), before);
  assertEquals(network.toNetwork(), makeNetwork({ cells: ["LSTM"] }));
});

Deno.test("TrainableNetwork.apply() drops the same part for the same seed, and is right on the mean", () => {
  using network = new TrainableNetwork(makeNetwork({ cells: [], inputs: 4 }));
  tf.tidy(() => {
    const x = tf.ones([1, 4]);
    const read = (seed: number) =>
      network.apply({ x }, { dropout: { rate: 0.5, seed } }).dataSync();
    assertEquals(read(3), read(3));
    assert(new Set([1, 2, 3, 4, 5].map((seed) => read(seed).join())).size > 1);
  });
});
