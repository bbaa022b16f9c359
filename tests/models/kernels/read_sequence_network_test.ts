import { assertEquals, assertThrows } from "@std/assert";
import { layers, type LayersModel, sequential } from "@tensorflow/tfjs-layers";
import { ServiceError } from "../../../lib/service_error.ts";
import {
  isRecurrentChain,
  readSequenceNetwork,
} from "../../../models/kernels/read_sequence_network.ts";
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

Deno.test("isRecurrentChain() tells what runs in pieces", () => {
  const series = { inputShape: [4, 2] };
  const dense = () => layers.dense({ units: 2 });
  const gru = (options: Partial<Parameters<typeof layers.gru>[0]> = {}) => {
    return layers.gru({ ...RECURRENT, ...series, ...options });
  };
  const cases: [Parameters<typeof sequential>[0], boolean][] = [
    [{ layers: [gru(), dense()] }, true],
    [
      { layers: [gru({ returnSequences: true }), layers.dropout({ rate: 0.5 }), gru(), dense()] },
      true,
    ],
    [{ layers: [layers.embedding({ inputDim: 4, outputDim: 2 }), gru(), dense()] }, true],
    [{ layers: [gru({ goBackwards: true }), dense()] }, false],
    [{ layers: [gru({ activation: "elu" }), dense()] }, false],
    [{ layers: [gru()] }, false],
    [{ layers: [layers.flatten(series), dense()] }, false],
    [{ layers: [layers.dense({ units: 2, inputShape: [2] })] }, false],
  ];
  for (const [config, expected] of cases) {
    const model = sequential(config);
    assertEquals(isRecurrentChain(model), expected, JSON.stringify(model.layers.map(String)));
    model.dispose();
  }
});
