import { assertEquals, assertThrows } from "@std/assert";
import * as tf from "@tensorflow/tfjs-core";
import { ServiceError } from "../../../lib/service_error.ts";
import { readRecurrentGraph } from "../../../models/formats/recurrent_graph.ts";
import { readTfjsFiles } from "../../../models/formats/tfjs_files.ts";
import { type KerasGraph, makeKerasGraph, makeLayerWeights } from "./keras_graph_fixtures.ts";
import { startTestBackend } from "./test_backend.ts";
import { editModelFile, type ModelJson } from "./tfjs_fixtures.ts";

await startTestBackend();

function read(graph: Partial<KerasGraph>, edit: (json: ModelJson) => void = () => {}) {
  const layers = [{ cell: "LSTM", units: 3 } as const];
  const files = makeKerasGraph({ layers, channels: 2, classes: 4, ...graph });
  const { modelTopology, weightData, weightSpecs } = readTfjsFiles(editModelFile(files, edit));
  const weights = tf.io.decodeWeights(weightData, weightSpecs);
  return readRecurrentGraph({ topology: modelTopology, weights, output: "scores" });
}

for (const cell of ["SimpleRNN", "LSTM", "GRU", "GRUResetAfter"] as const) {
  Deno.test(`readRecurrentGraph() finds the weights of a ${cell} in the layout of Keras`, () => {
    tf.tidy(() => {
      const network = read({ layers: [{ cell, units: 3 }] });
      const [layer] = network.layers;
      assertEquals([network.layers.length, layer?.cell], [1, cell]);
      assertEquals([layer?.activation, network.headActivation], ["tanh", "softmax"]);
      const { kernel, recurrentKernel, bias } = layer?.weights ?? {};
      const found = [kernel, recurrentKernel, bias].map((each) => [...each?.dataSync() ?? []]);
      const [wantedKernel, wantedRecurrent, wantedBias] = makeLayerWeights({
        ...{ cell, inputs: 2, units: 3, index: 0 },
      }).map(({ values }) => [...Float32Array.from(values)]);
      assertEquals(found.slice(0, 2), [wantedKernel, wantedRecurrent]);
      // Those of z and r, which are only ever added, come out added.
      const added = wantedBias?.map((value, index) => {
        if (cell !== "GRUResetAfter" || index % 9 >= 6) return value;
        const [one = NaN, other = NaN] = [wantedBias[index % 9], wantedBias[index % 9 + 9]];
        return index < 9 ? Math.fround(one + other) : 0;
      });
      assertEquals(found[2], added);
    });
  });
}

Deno.test("readRecurrentGraph() reads stacked layers in their order, and an embedding before them", () => {
  tf.tidy(() => {
    const layers = [{ cell: "GRU", units: 3 } as const, { cell: "LSTM", units: 5 } as const];
    const network = read({ layers, tokens: 7 });
    assertEquals(network.layers.map(({ cell }) => cell), ["GRU", "LSTM"]);
    assertEquals(network.embeddings?.shape, [7, 2]);
    assertEquals(network.head.kernel.shape, [5, 4]);
  });
});

Deno.test("readRecurrentGraph() names the node at which it is no such chain", () => {
  const rename = (from: string, op: string) => ({ modelTopology }: ModelJson) => {
    for (const node of modelTopology.node) if (node.name === from) node.op = op;
  };
  const bodyOp = (from: string, op: string) => ({ modelTopology: { library } }: ModelJson) => {
    const body = library.function.find(({ signature }: ModelJson) =>
      signature.name === "while0_body"
    );
    for (const node of body.nodeDef) if (node.name === from) node.op = op;
  };
  const cases: [(json: ModelJson) => void, string][] = [
    [rename("x", "Const"), 'node "x" (Const)'],
    [rename("head", "Elu"), 'node "head" (Elu)'],
    [rename("scores", "Elu"), 'node "scores" (Elu)'],
    [rename("layer0/transpose", "ReverseV2"), 'node "layer0/transpose" (ReverseV2)'],
    [bodyOp("sigmoid", "Elu"), 'node "layer0/while" (StatelessWhile)'],
    [bodyOp("mul_2", "AddV2"), 'node "layer0/while" (StatelessWhile)'],
    [bodyOp("item", "Pack"), 'node "layer0/while" (StatelessWhile)'],
    [
      ({ modelTopology }) => delete modelTopology["library"],
      'node "layer0/while" (StatelessWhile)',
    ],
    [({ modelTopology }) => delete modelTopology.node, '"node" of a graph model'],
  ];
  for (const [edit, message] of cases) {
    tf.tidy(() => void assertThrows(() => read({}, edit), ServiceError, message));
  }
});
