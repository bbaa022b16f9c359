import { assertEquals, assertLessOrEqual, assertThrows } from "@std/assert";
import { loadGraphModelSync } from "@tensorflow/tfjs-converter";
import * as tf from "@tensorflow/tfjs-core";
import { layers, sequential } from "@tensorflow/tfjs-layers";
import { ServiceError } from "../../../lib/service_error.ts";
import type { ModelFiles } from "../../../models/formats/loaded_model.ts";
import type { SequenceModel } from "../../../models/formats/sequence_model.ts";
import { readTfjsFiles } from "../../../models/formats/tfjs_files.ts";
import { loadTfjsGraphSequenceModel } from "../../../models/formats/tfjs_graph_sequence_model.ts";
import { type KerasGraph, makeKerasGraph, makeLayerWeights } from "./keras_graph_fixtures.ts";
import { largestDifference, startTestBackend } from "./test_backend.ts";
import { editModelFile } from "./tfjs_fixtures.ts";

await startTestBackend();

const TOLERANCE = 1e-5;
const SIZES = { channels: 2, classes: 4 };
const CELLS = ["SimpleRNN", "LSTM", "GRU", "GRUResetAfter"] as const;

function softmaxOf(model: SequenceModel, input: tf.Tensor): Float32Array {
  return tf.tidy(() => tf.softmax(model.predict(input).logits).dataSync() as Float32Array);
}

/** The scores of the graph as it stands, by TensorFlow.js's own executor. */
async function runGraph(files: ModelFiles, input: tf.Tensor): Promise<Float32Array> {
  const { signature: _, ...artifacts } = readTfjsFiles(files);
  const graph = loadGraphModelSync(artifacts);
  const scores = [await graph.executeAsync({ x: input })].flat()[0];
  const values = scores?.dataSync() as Float32Array;
  scores?.dispose();
  graph.dispose();
  return values;
}

const GRAPHS: [string, KerasGraph, number][] = [
  ...CELLS.flatMap((cell): [string, KerasGraph, number][] => [
    [cell, { ...SIZES, layers: [{ cell, units: 5 }] }, 7],
    [`${cell}, one unit and one step`, { ...SIZES, layers: [{ cell, units: 1 }] }, 1],
    [`${cell} with relu`, { ...SIZES, layers: [{ cell, units: 3 }], activation: "Relu" }, 4],
  ]),
  ["two layers", {
    ...SIZES,
    layers: [{ cell: "LSTM", units: 3 }, { cell: "GRUResetAfter", units: 9 }],
  }, 6],
  ["a certain number of steps", { ...SIZES, layers: [{ cell: "GRU", units: 4 }], steps: 9 }, 9],
];

for (const [name, graph, steps] of GRAPHS) {
  Deno.test(`loadTfjsGraphSequenceModel() gives the scores of the graph itself: ${name}`, async () => {
    const files = makeKerasGraph(graph);
    const input = tf.randomUniform([1, steps, SIZES.channels], -1, 1, "float32", 3);
    const wanted = await runGraph(files, input);
    const before = tf.memory().numTensors;
    const model = loadTfjsGraphSequenceModel(files);
    assertEquals([model.inputShape, model.classCount], [[1, -1, 2], 4]);
    const found = softmaxOf(model, input);
    assertLessOrEqual(largestDifference(found, wanted), TOLERANCE);
    model.dispose();
    assertEquals(tf.memory().numTensors, before);
    input.dispose();
  });
}

for (const cell of ["SimpleRNN", "LSTM", "GRU"] as const) {
  Deno.test(`loadTfjsGraphSequenceModel() gives the scores of TensorFlow.js's own ${cell} layer`, () => {
    const [units, index] = [5, 0];
    const create = { SimpleRNN: layers.simpleRNN, LSTM: layers.lstm, GRU: layers.gru }[cell];
    const stock = sequential({
      layers: [
        create({
          units,
          recurrentActivation: "sigmoid",
          recurrentInitializer: "zeros",
          inputShape: [null, SIZES.channels],
        } as never),
        layers.dense({ units: SIZES.classes, activation: "softmax" }),
      ],
    });
    const files = makeKerasGraph({ ...SIZES, layers: [{ cell, units }] });
    const { weightSpecs, weightData } = readTfjsFiles(files);
    const before = tf.memory().numTensors;
    const weights = tf.io.decodeWeights(weightData, weightSpecs);
    const recurrent = makeLayerWeights({ cell, units, inputs: SIZES.channels, index });
    tf.tidy(() => {
      stock.setWeights([
        ...recurrent.map(({ values, shape }) => tf.tensor(values, shape)),
        weights["head/kernel"] as tf.Tensor,
        weights["head/bias"] as tf.Tensor,
      ]);
    });
    const input = tf.randomUniform([1, 11, SIZES.channels], -1, 1, "float32", 5);
    const wanted = tf.tidy(() => (stock.predict(input) as tf.Tensor).dataSync());
    const model = loadTfjsGraphSequenceModel(files);
    assertLessOrEqual(largestDifference(softmaxOf(model, input), wanted), TOLERANCE);
    tf.dispose([input, ...Object.values(weights)]);
    model.dispose();
    assertEquals(tf.memory().numTensors, before);
    stock.dispose();
  });
}

Deno.test("loadTfjsGraphSequenceModel() reads tokens, and goes on from a state", async () => {
  const layer = { cell: "LSTM", units: 4 } as const;
  const files = makeKerasGraph({ ...SIZES, layers: [layer], tokens: 6 });
  const tokens = [1, 5, 0, 3, 3, 2];
  const input = tf.tensor2d([tokens], [1, 6], "float32");
  const wanted = await runGraph(files, input);
  const model = loadTfjsGraphSequenceModel(files);
  assertEquals([model.inputShape, model.stateLength], [[1, -1], 8]);
  tf.tidy(() => {
    const first = model.run(tf.tensor2d([tokens.slice(0, 2)], [1, 2], "int32"));
    const rest = tf.tensor2d([tokens.slice(2)], [1, 4], "int32");
    const { features } = model.run(rest, { state: first.state });
    const scores = tf.softmax(model.score(features)).dataSync();
    assertLessOrEqual(largestDifference(scores, wanted), TOLERANCE);
  });
  input.dispose();
  model.dispose();
});

Deno.test("loadTfjsGraphSequenceModel() refuses what is no such chain, and leaves nothing", () => {
  const layer = { cell: "GRU", units: 3 } as const;
  const good = makeKerasGraph({ ...SIZES, layers: [layer] });
  const edit = (change: (nodes: Record<string, unknown>[]) => void) =>
    editModelFile(good, ({ modelTopology }) => change(modelTopology.node));
  const cases: [ModelFiles, string, string][] = [
    [
      makeKerasGraph({ ...SIZES, layers: [layer], goBackwards: true }),
      "unsupported_operator",
      'node "layer0/reverse" (ReverseV2)',
    ],
    [
      makeKerasGraph({ ...SIZES, layers: [layer], activation: "Elu" }),
      "unsupported_operator",
      'node "layer0/while" (StatelessWhile)',
    ],
    [
      edit((nodes) => nodes.push({ name: "other", op: "Softmax", input: ["head"], attr: {} })),
      "model_unusable",
      "one output: found 2",
    ],
    [
      edit((nodes) =>
        nodes.forEach((node) => {
          if (node.name === "layer0/transpose") node.input = ["layer0/stack", "layer0/perm"];
        })
      ),
      "unsupported_operator",
      "(Circle)",
    ],
  ];
  const before = tf.memory().numTensors;
  for (const [files, code, message] of cases) {
    const error = assertThrows(() => loadTfjsGraphSequenceModel(files), ServiceError, message);
    assertEquals([error.code, tf.memory().numTensors], [code, before], error.message);
  }
});

for (const cell of CELLS) {
  // TensorFlow.js's executor goes wrong on two such loops, so the oracle is the same network with functions.
  Deno.test(`loadTfjsGraphSequenceModel() reads ${cell} as circles of nodes too`, () => {
    const graph = { ...SIZES, layers: [{ cell, units: 5 }, { cell, units: 3 }] };
    const input = tf.randomUniform([1, 6, SIZES.channels], -1, 1, "float32", 3);
    const [wanted, found] = [false, true].map((isLowered) => {
      const files = editModelFile(makeKerasGraph({ ...graph, isLowered }), ({ modelTopology }) => {
        // The converter leaves such placeholders where it takes functions apart.
        modelTopology.node.push({ name: "unused_control_flow_input", op: "Placeholder" });
      });
      const model = loadTfjsGraphSequenceModel(files);
      const scores = softmaxOf(model, input);
      model.dispose();
      return scores;
    });
    assertEquals(found, wanted);
    input.dispose();
  });
}
