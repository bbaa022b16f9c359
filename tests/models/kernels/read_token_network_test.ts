import { assertEquals, assertLessOrEqual, assertThrows } from "@std/assert";
import * as tf from "@tensorflow/tfjs-core";
import { layers, type LayersModel, loadLayersModel, sequential } from "@tensorflow/tfjs-layers";
import { ServiceError } from "../../../lib/service_error.ts";
import { readTfjsFiles } from "../../../models/formats/tfjs_files.ts";
import { readTokenNetwork } from "../../../models/kernels/read_token_network.ts";
import { StepRunner } from "../../../models/kernels/step_runner.ts";
import { largestDifference } from "../formats/test_backend.ts";
import { startRecurrentBackend } from "./recurrent_cases.ts";

await startRecurrentBackend();

/** The model that ships with the project. */
async function loadShakespeare(): Promise<LayersModel> {
  const folder = new URL("../../../weights/shakespeare-gru/", import.meta.url);
  const names = ["model.json", "weights.bin"];
  const files = new Map(names.map((name) => [name, Deno.readFileSync(new URL(name, folder))]));
  const { modelTopology, weightSpecs, weightData } = readTfjsFiles(files);
  return await loadLayersModel({
    load: () => Promise.resolve({ modelTopology, weightSpecs, weightData }),
  });
}

Deno.test("readTokenNetwork() reads the model that writes text, and stepping gives its logits", async () => {
  const model = await loadShakespeare();
  using runner = new StepRunner(readTokenNetwork(model), { batchMax: 2 });
  assertEquals([runner.vocabularyLength, runner.units, runner.classCount], [65, 384, 65]);
  const tokens = [[20, 43, 50, 50, 53, 1], [1, 0, 13, 30, 58, 43]];
  const [logits, state] = model.predict([
    tf.tensor2d(tokens, [2, 6], "int32"),
    tf.zeros([2, 384]),
  ]) as tf.Tensor[];
  const expected = logits?.arraySync() as number[][][];
  const stepped = new Float32Array(2 * 384);
  for (let step = 0; step < 6; step++) {
    const actual = runner.step(tokens.map((row) => row[step] ?? NaN), stepped);
    const wanted = expected.flatMap((each) => each[step] ?? []);
    // The logits span about 20, the state 2.
    assertLessOrEqual(largestDifference(actual, wanted), 1e-4);
  }
  assertLessOrEqual(largestDifference(stepped, state?.dataSync() ?? []), 1e-5);
});

Deno.test("readTokenNetwork() refuses models of another form", () => {
  const recurrent = { units: 3, recurrentInitializer: "zeros" as const, returnSequences: true };
  const embedding = () => layers.embedding({ inputDim: 4, outputDim: 2, inputLength: 5 });
  const cases: [LayersModel, string][] = [
    [sequential({ layers: [embedding(), layers.gru(recurrent)] }), "found Embedding, GRU"],
    [
      sequential({ layers: [embedding(), layers.flatten(), layers.dense({ units: 2 })] }),
      "found Embedding, Flatten, Dense",
    ],
    [
      sequential({
        layers: [
          embedding(),
          layers.gru({ ...recurrent, goBackwards: true }),
          layers.dense({ units: 2 }),
        ],
      }),
      "must read forwards",
    ],
    [
      sequential({
        layers: [
          embedding(),
          layers.gru(recurrent),
          layers.dense({ units: 2, activation: "softmax" }),
        ],
      }),
      "activation softmax",
    ],
    [
      sequential({
        layers: [
          embedding(),
          layers.gru({ ...recurrent, activation: "elu" }),
          layers.dense({ units: 2 }),
        ],
      }),
      "found elu",
    ],
  ];
  for (const [model, message] of cases) {
    const error = assertThrows(() => readTokenNetwork(model), ServiceError, message);
    assertEquals(error.code, "model_unusable");
  }
});
