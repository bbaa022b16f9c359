import { assertEquals, assertLessOrEqual, assertThrows } from "@std/assert";
import * as tf from "@tensorflow/tfjs-core";
import { ServiceError } from "../../../lib/service_error.ts";
import { GraphRunner } from "../../../models/formats/graph_runner.ts";
import type { ModelFiles } from "../../../models/formats/loaded_model.ts";
import { readTfjsGraph } from "../../../models/formats/tfjs_graph.ts";
import { loadTfjsGraphModel } from "../../../models/formats/tfjs_graph_model.ts";
import { largestDifference, startTestBackend } from "./test_backend.ts";
import {
  constant,
  createFiles,
  editModelFile,
  graphJson,
  type ModelJson,
  node,
  placeholder,
  text,
  type WeightFixture,
} from "./tfjs_fixtures.ts";
import { pattern, sizeOf } from "./tflite_parts.ts";

await startTestBackend();

const integers = (...values: number[]) => ({ list: { i: values.map(String) } });

function window(stride: number, padding = "SAME"): ModelJson {
  const strides = integers(1, stride, stride, 1);
  return { strides, dilations: integers(1, 1, 1, 1), padding: text(padding) };
}

function fused(
  name: string,
  op: string,
  { input, operations = ["BiasAdd", "Relu"], attr = {} }: {
    input: string;
    operations?: string[];
    attr?: ModelJson;
  },
): ModelJson {
  const fusedOperations = { list: { s: operations.map(btoa) } };
  return node(name, op, {
    input: [input, `${name}/kernel`, `${name}/bias`],
    attr: { ...attr, num_args: { i: "1" }, fused_ops: fusedOperations },
  });
}

/** The kinds of nodes that edge-cnn consists of, and pooling. */
const NODES = [
  placeholder("image", [-1, 9, 9, 3]),
  fused("stem", "_FusedConv2D", { input: "image", attr: window(2) }),
  fused("expand", "_FusedConv2D", { input: "stem", attr: window(1) }),
  fused("depthwise", "FusedDepthwiseConv2dNative", {
    input: "expand",
    operations: ["BiasAdd", "Relu6"],
    attr: window(1),
  }),
  fused("project", "_FusedConv2D", {
    input: "depthwise",
    operations: ["BiasAdd"],
    attr: window(1),
  }),
  node("shortcut", "AddV2", { input: ["project", "stem:0"] }),
  node("relu", "Relu", { input: ["shortcut"] }),
  node("max", "MaxPool", {
    input: ["relu"],
    attr: { ...window(2), ksize: integers(1, 2, 2, 1), dilations: undefined },
  }),
  node("average", "AvgPool", {
    input: ["max"],
    attr: { ...window(1, "VALID"), ksize: integers(1, 2, 2, 1), dilations: undefined },
  }),
  node("features", "Mean", { input: ["average", "axes"], attr: { keep_dims: { b: false } } }),
  fused("logits", "_FusedMatMul", { input: "features", operations: ["BiasAdd"] }),
  node("softmax", "Softmax", { input: ["logits"] }),
  node("probabilities", "Identity", { input: ["softmax"] }),
];

const SHAPES: Record<string, number[]> = {
  "stem/kernel": [3, 3, 3, 4],
  "stem/bias": [4],
  "expand/kernel": [1, 1, 4, 6],
  "expand/bias": [6],
  "depthwise/kernel": [3, 3, 6, 1],
  "depthwise/bias": [6],
  "project/kernel": [1, 1, 6, 4],
  "project/bias": [4],
  "logits/kernel": [4, 2],
  "logits/bias": [2],
};

function createEdgeFiles(
  { nodes = NODES, stored }: { nodes?: ModelJson[]; stored?: WeightFixture["stored"] } = {},
): ModelFiles {
  const weights: WeightFixture[] = Object.entries(SHAPES).map(([name, shape], index) => {
    const values = Array.from(pattern(sizeOf(shape), index));
    return { name, shape, values, ...(stored ? { stored } : {}) };
  });
  const axes = { name: "axes", shape: [2], values: [1, 2] };
  const json = graphJson([...nodes, ...[...Object.keys(SHAPES), "axes"].map(constant)]);
  return createFiles(json, { weights: [...weights, axes] });
}

for (const stored of [undefined, "uint8", "float16"] as const) {
  Deno.test(`readTfjsGraph() agrees with TensorFlow.js on weights in ${stored ?? "float32"}`, () => {
    const before = tf.memory().numTensors;
    const files = createEdgeFiles(stored ? { stored } : {});
    const graph = readTfjsGraph(files);
    assertEquals([graph.outputActivation, graph.featureLength, graph.classCount], [
      "softmax",
      4,
      2,
    ]);
    assertEquals(tf.memory().numTensors, before);
    const models = [new GraphRunner(graph), loadTfjsGraphModel(files)] as const;
    const input = tf.tensor(pattern(2 * 9 * 9 * 3, 5), [2, 9, 9, 3]);
    const [own, stock] = models.map((model) => model.predict(input));
    const difference = (part: "logits" | "features") => {
      return largestDifference(own?.[part].dataSync() ?? [], stock?.[part].dataSync() ?? [NaN]);
    };
    assertLessOrEqual(difference("features"), 1e-4);
    assertLessOrEqual(difference("logits"), 1e-4);
    models.forEach((model) => model.dispose());
    tf.dispose(
      [input, own?.logits, own?.features, stock?.logits, stock?.features].map((x) => x ?? []),
    );
    assertEquals(tf.memory().numTensors, before);
  });
}

Deno.test("readTfjsGraph() takes the output that the signature names", () => {
  const files = editModelFile(new Map(createEdgeFiles()), (json) => {
    json.signature = { outputs: { first: { name: "features:0" } } };
  });
  assertEquals(readTfjsGraph(files).classCount, 4);
});

Deno.test("readTfjsGraph() names what it cannot use", () => {
  const replace = (name: string, changed: ModelJson) => ({
    nodes: NODES.map((each) => each.name === name ? { ...each, ...changed } : each),
  });
  const broken: [ModelFiles, string, string][] = [
    [createEdgeFiles(replace("relu", { op: "Elu" })), "unsupported_operator", `node "relu" (Elu)`],
    [
      createEdgeFiles(replace("stem", { attr: window(2) })),
      "unsupported_operator",
      `node "stem" (_FusedConv2D with nothing)`,
    ],
    [
      createEdgeFiles(replace("logits", {
        attr: { transpose_b: { b: true }, fused_ops: { list: { s: [btoa("BiasAdd")] } } },
      })),
      "unsupported_operator",
      `a transposed node "logits"`,
    ],
    [
      createEdgeFiles(replace("average", {
        attr: { ksize: integers(1, 2, 2, 2), strides: integers(1, 1, 1, 1) },
      })),
      "unsupported_operator",
      "ksize [1, 2, 2, 2]",
    ],
    [
      createEdgeFiles(replace("max", {
        attr: { ksize: integers(1, 2, 2, 1), padding: text("EXPLICIT") },
      })),
      "unsupported_operator",
      "with padding EXPLICIT",
    ],
    [
      createEdgeFiles(replace("expand", { input: ["relu", "expand/kernel", "expand/bias"] })),
      "model_unusable",
      "must not read itself",
    ],
    [
      createEdgeFiles(replace("shortcut", { input: ["project", "stem", "nothing"] })),
      "model_unusable",
      `"nothing"`,
    ],
    [
      createEdgeFiles(replace("features", { input: ["average", "image"] })),
      "model_unusable",
      `"image" must be a constant`,
    ],
    [
      createEdgeFiles(replace("shortcut", { input: ["project", "axes"] })),
      "model_unusable",
      `"axes" must be computed`,
    ],
    [
      createEdgeFiles({ nodes: [...NODES, placeholder("second")] }),
      "model_unusable",
      "one input: found 2",
    ],
    [
      createEdgeFiles({ nodes: [...NODES, node("end", "Relu", { input: ["stem"] })] }),
      "model_unusable",
      "one output: found 2",
    ],
  ];
  for (const [files, code, rule] of broken) {
    const before = tf.memory().numTensors;
    const error = assertThrows(() => readTfjsGraph(files), ServiceError, rule);
    assertEquals(error.code, code);
    assertEquals(tf.memory().numTensors, before);
  }
});
