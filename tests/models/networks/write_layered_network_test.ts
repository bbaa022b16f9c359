import { assertEquals, assertLessOrEqual, assertThrows } from "@std/assert";
import * as tf from "@tensorflow/tfjs-core";
import { loadTfjsSequenceModel } from "../../../models/formats/tfjs_sequence_model.ts";
import { readLayeredNetwork } from "../../../models/networks/read_layered_network.ts";
import { TrainableNetwork } from "../../../models/networks/trainable_network.ts";
import { writeLayeredNetwork } from "../../../models/networks/write_layered_network.ts";
import { largestDifference } from "../formats/test_backend.ts";
import { startRecurrentBackend } from "../kernels/recurrent_cases.ts";
import { makeNetwork } from "./network_fixtures.ts";

await startRecurrentBackend();

const CASES: Parameters<typeof makeNetwork>[0][] = [
  { cells: ["SimpleRNN"] },
  { cells: ["LSTM"], tokens: 7 },
  { cells: ["GRU"] },
  { cells: ["GRUResetAfter"] },
  { cells: ["GRUResetAfter", "LSTM"], tokens: 7 },
];

Deno.test("writeLayeredNetwork() writes what the service loads, with the same logits", async () => {
  for (const options of CASES) {
    const network = makeNetwork(options);
    const served = await loadTfjsSequenceModel(writeLayeredNetwork(network));
    using trainable = new TrainableNetwork(network);
    tf.tidy(() => {
      const x = options.tokens
        ? tf.tensor2d([[3, 1, 6, 0]], [1, 4], "int32")
        : tf.randomNormal([1, 4, 2], 0, 1, "float32", 5);
      const expected = trainable.apply({ x }).dataSync();
      assertLessOrEqual(largestDifference(served.predict(x).logits.dataSync(), expected), 1e-6);
    });
    served.dispose();
  }
});

Deno.test("writeLayeredNetwork() writes what readLayeredNetwork() reads, and the same bytes each time", async () => {
  for (const options of CASES) {
    const network = makeNetwork(options);
    const files = writeLayeredNetwork(network);
    assertEquals(await readLayeredNetwork(files), network);
    assertEquals(writeLayeredNetwork(network), files);
  }
});

Deno.test("writeLayeredNetwork() refuses a network over vectors", () => {
  assertThrows(() => writeLayeredNetwork(makeNetwork({ cells: [] })), TypeError, "recurrent layer");
});
