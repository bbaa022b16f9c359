import { assertEquals, assertThrows } from "@std/assert";
import { layers, type LayersModel, sequential } from "@tensorflow/tfjs-layers";
import { ServiceError } from "../../../lib/service_error.ts";
import { readSequenceNetwork } from "../../../models/kernels/read_sequence_network.ts";
import { startRecurrentBackend } from "./recurrent_cases.ts";

await startRecurrentBackend();

const RECURRENT = { units: 3, recurrentInitializer: "zeros" } as const;

Deno.test("readSequenceNetwork() reads a stack of layers over a series", () => {
  const model = sequential({
    layers: [
      layers.lstm({ ...RECURRENT, returnSequences: true, inputShape: [4, 2] }),
      layers.dropout({ rate: 0.5 }),
      layers.gru({ ...RECURRENT, recurrentActivation: "hardSigmoid" }),
      layers.dense({ units: 5, activation: "softmax" }),
    ],
  });
  const network = readSequenceNetwork(model);
  assertEquals(network.embeddings, undefined);
  assertEquals(network.headActivation, "softmax");
  assertEquals(network.head.kernel.shape, [3, 5]);
  const found = network.layers.map(({ cell, activation, recurrentActivation, weights }) => [
    cell,
    activation,
    recurrentActivation,
    weights.kernel.shape.join(),
  ]);
  assertEquals(found, [
    ["LSTM", "tanh", "hardSigmoid", "2,12"],
    ["GRU", "tanh", "hardSigmoid", "3,9"],
  ]);
  model.dispose();
});

Deno.test("readSequenceNetwork() refuses what is no chain that the kernels run", () => {
  const series = { inputShape: [4, 2] };
  const dense = () => layers.dense({ units: 2 });
  const cases: [LayersModel, string][] = [
    [sequential({ layers: [layers.dense({ units: 2, inputShape: [2] })] }), "found Dense"],
    [
      sequential({
        layers: [
          layers.bidirectional({
            layer: layers.gru(RECURRENT) as never,
            mergeMode: "concat",
            ...series,
          }),
          dense(),
        ],
      }),
      "found Bidirectional, Dense",
    ],
    [
      sequential({
        layers: [
          layers.embedding({ inputDim: 4, outputDim: 2, inputLength: 3, maskZero: true }),
          layers.gru(RECURRENT),
          dense(),
        ],
      }),
      "must not mask zeros",
    ],
    [
      sequential({
        layers: [layers.gru({ ...RECURRENT, goBackwards: true, ...series }), dense()],
      }),
      "must read forwards",
    ],
  ];
  for (const [model, message] of cases) {
    const error = assertThrows(() => readSequenceNetwork(model), ServiceError, message);
    assertEquals(error.code, "model_unusable");
    model.dispose();
  }
});
