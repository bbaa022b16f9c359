import {
  assert,
  assertEquals,
  assertLessOrEqual,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import * as tf from "@tensorflow/tfjs-core";
import { ServiceError } from "../../../lib/service_error.ts";
import type { ModelFiles } from "../../../models/formats/loaded_model.ts";
import { loadTfjsGraphModel } from "../../../models/formats/tfjs_graph_model.ts";
import { largestDifference, startTestBackend } from "./test_backend.ts";
import {
  constant,
  createFiles,
  graphJson,
  type ModelJson,
  node,
  placeholder,
} from "./tfjs_fixtures.ts";
import { text, type WeightFixture } from "./tfjs_fixtures.ts";
import { pattern } from "./tflite_parts.ts";

const FLATTEN: WeightFixture = { name: "flatten/shape", shape: [2], values: [-1, 12] };
const KERNEL = Array.from(pattern(24, 3));
const BIAS = [0.5, -0.5];

/** Flattened 2 x 2 x 3 images, a dense layer of 2 units, softmax. */
function denseNodes(): ModelJson[] {
  return [
    placeholder("image"),
    constant("flatten/shape"),
    constant("kernel"),
    constant("bias"),
    node("flatten", "Reshape", { input: ["image", "flatten/shape"] }),
    node("dense/MatMul", "MatMul", { input: ["flatten", "kernel"] }),
    node("dense/BiasAdd", "BiasAdd", { input: ["dense/MatMul", "bias"] }),
    node("Softmax", "Softmax", { input: ["dense/BiasAdd"] }),
    node("Identity", "Identity", { input: ["Softmax"] }),
  ];
}

function createDense(
  rest: { nodes?: ModelJson[]; stored?: WeightFixture["stored"]; shards?: number },
): ModelFiles {
  const { nodes = denseNodes(), stored, shards = 1 } = rest;
  const weights: WeightFixture[] = [
    FLATTEN,
    { name: "kernel", shape: [12, 2], values: KERNEL, ...(stored ? { stored } : {}) },
    { name: "bias", shape: [2], values: BIAS },
  ];
  return createFiles(graphJson(nodes), { weights, shards });
}

function expectedLogits(image: Float32Array): number[] {
  return BIAS.map((bias, unit) => {
    return image.reduce((sum, value, i) => sum + value * (KERNEL[i * 2 + unit] ?? NaN), bias);
  });
}

function refusal(files: ModelFiles): ServiceError {
  const before = tf.memory().numTensors;
  const error = assertThrows(() => loadTfjsGraphModel(files), ServiceError);
  assertEquals(tf.memory().numTensors, before);
  return error;
}

Deno.test("loadTfjsGraphModel() gives logits before the softmax and the dense layer's input", async () => {
  await startTestBackend();
  const before = tf.memory().numTensors;
  const model = loadTfjsGraphModel(createDense({ shards: 3 }));
  assertEquals(model.inputShape, [1, 2, 2, 3]);
  assertEquals([model.featureLength, model.classCount], [12, 2]);
  assertEquals(model.outputActivation, "softmax");
  const images = [pattern(12, 1), pattern(12, 2)];
  const input = tf.tensor(images.flatMap((image) => [...image]), [2, 2, 2, 3]);
  const { logits, features } = model.predict(input);
  assertEquals(logits.shape, [2, 2]);
  assertLessOrEqual(largestDifference(logits.dataSync(), images.flatMap(expectedLogits)), 1e-5);
  assertEquals(features.dataSync(), input.dataSync());
  tf.dispose([input, logits, features]);
  model.dispose();
  assertEquals(tf.memory().numTensors, before);
});

Deno.test("loadTfjsGraphModel() reads the names of outputs as TensorFlow.js does", async () => {
  await startTestBackend();
  const nodes = denseNodes();
  nodes[6] = { ...nodes[6], input: ["dense/MatMul:product:0", "bias:0"] };
  const model = loadTfjsGraphModel(createDense({ nodes }));
  assertEquals([model.featureLength, model.outputActivation], [12, "softmax"]);
  model.dispose();
});

Deno.test("loadTfjsGraphModel() reads quantised weights of every kind", async () => {
  await startTestBackend();
  const image = pattern(12, 1);
  // Half a step of the storage, for twelve weights.
  const tolerances = { uint8: 12 / 255, uint16: 12 / 65535, float16: 12 / 1024 } as const;
  for (const [stored, tolerance] of Object.entries(tolerances)) {
    const model = loadTfjsGraphModel(createDense({ stored: stored as keyof typeof tolerances }));
    const input = tf.tensor(image, [1, 2, 2, 3]);
    const { logits, features } = model.predict(input);
    const difference = largestDifference(logits.dataSync(), expectedLogits(image));
    assertLessOrEqual(difference, tolerance);
    tf.dispose([input, logits, features]);
    model.dispose();
  }
});

Deno.test("loadTfjsGraphModel() takes a 1x1 convolution over one position as the dense layer", async () => {
  await startTestBackend();
  const list = (...values: number[]) => ({ list: { i: values.map(String) } });
  const attr = { strides: list(1, 1, 1, 1), padding: text("SAME"), dilations: list(1, 1, 1, 1) };
  const build = (sizes: number[]) => {
    const nodes = [
      placeholder("image", sizes),
      constant("filter"),
      node("conv", "Conv2D", {
        input: ["image", "filter"],
        attr: { ...attr, data_format: text("NHWC") },
      }),
      node("squeeze", "Squeeze", { input: ["conv"], attr: { squeeze_dims: list(1, 2) } }),
      node("scores", "Sigmoid", { input: ["squeeze"] }),
    ];
    const filter = { name: "filter", shape: [1, 1, 3, 2], values: [1, 2, 3, 4, 5, 6] };
    return createFiles(graphJson(nodes), { weights: [filter] });
  };
  const model = loadTfjsGraphModel(build([-1, 1, 1, 3]));
  assertEquals([model.featureLength, model.classCount], [3, 2]);
  assertEquals(model.outputActivation, "sigmoid");
  const { logits, features } = model.predict(tf.tensor([1, 10, 100], [1, 1, 1, 3]));
  assertEquals([...logits.dataSync()], [531, 642]);
  assertEquals([...features.dataSync()], [1, 10, 100]);
  model.dispose();
});

Deno.test("loadTfjsGraphModel() gives the logits as features where no dense layer stands", async () => {
  await startTestBackend();
  const nodes = [placeholder("image"), node("relu", "Relu", { input: ["image"] })];
  const model = loadTfjsGraphModel(createFiles(graphJson(nodes), { weights: [] }));
  assertEquals([model.featureLength, model.classCount], [12, 12]);
  assertEquals(model.outputActivation, "linear");
  model.dispose();
});

Deno.test("loadTfjsGraphModel() names an operation that is not supported and where it stands", async () => {
  await startTestBackend();
  const nodes = denseNodes();
  nodes[7] = node("block/Exotic", "FractionalMaxPool", { input: ["dense/BiasAdd"] });
  nodes[8] = node("Identity", "Identity", { input: ["block/Exotic"] });
  const error = refusal(createDense({ nodes }));
  assertEquals(error.code, "unsupported_operator");
  assert(error.message.includes('node "block/Exotic" (FractionalMaxPool)'), error.message);
});

Deno.test("loadTfjsGraphModel() refuses a loop over time and says what may have one", async () => {
  await startTestBackend();
  const before = tf.memory().numTensors;
  for (const op of ["While", "StatelessWhile", "LoopCond"]) {
    const nodes = denseNodes();
    nodes[7] = node("lstm/while", op, { input: ["dense/BiasAdd"] });
    nodes[8] = node("Identity", "Identity", { input: ["lstm/while"] });
    const error = refusal(createDense({ nodes }));
    assertEquals(error.code, "unsupported_operator");
    assertStringIncludes(
      error.message,
      `is no series must have no loop over time: node "lstm/while" is ${op}`,
    );
  }
  assertEquals(tf.memory().numTensors, before);
});

Deno.test("loadTfjsGraphModel() refuses graphs that are broken or of another kind", async () => {
  await startTestBackend();
  const nodes = denseNodes();
  const cases: [ModelFiles, string][] = [
    [createFiles({ modelTopology: { versions: {} } }, { weights: [] }), 'must hold the "node"'],
    [createFiles({ modelTopology: { node: [] } }, { weights: [] }), 'must hold the "versions"'],
    [createFiles(graphJson([{ op: "Const" }]), { weights: [] }), "must have a name and an op"],
    [createDense({ nodes: nodes.slice(0, 5).concat(nodes.slice(6)) }), "which does not exist"],
    [createDense({ nodes: [...nodes, placeholder("second")] }), "must have one input: found 2"],
    [createDense({ nodes: [...nodes, node("relu", "Relu", { input: ["image"] })] }), "one output"],
    [
      createDense({ nodes: [placeholder("image", [-1, -1, 2, 3]), ...nodes.slice(1)] }),
      "must be known",
    ],
    [
      createDense({ nodes: [placeholder("image", [-1, 2, 2, 2]), ...nodes.slice(1)] }),
      "does not load",
    ],
    [createFiles(graphJson(nodes), { weights: [FLATTEN] }), "does not load"],
    [
      createDense({
        nodes: [
          ...nodes.slice(0, 2),
          node("places", "Softmax", { input: ["image"] }),
          node("flatten", "Reshape", { input: ["places", "flatten/shape"] }),
        ],
      }),
      "over one vector: found one over [2, 2, 3]",
    ],
  ];
  for (const [files, message] of cases) {
    const error = refusal(files);
    assertEquals(error.code, "model_unusable");
    assert(error.message.includes(message), error.message);
  }
});

Deno.test("loadTfjsGraphModel() refuses a graph that runs in a circle", async () => {
  await startTestBackend();
  const nodes = [
    placeholder("image"),
    node("a", "Add", { input: ["image", "b"] }),
    node("b", "Identity", { input: ["a"] }),
    node("out", "Identity", { input: ["b"] }),
  ];
  assertEquals(refusal(createFiles(graphJson(nodes), { weights: [] })).code, "model_unusable");
});

Deno.test("loadTfjsGraphModel() refuses a window that is larger than what it slides over", async () => {
  await startTestBackend();
  const list = (...values: number[]) => ({ list: { i: values.map(String) } });
  const attr = { strides: list(1, 1, 1, 1), padding: text("VALID"), dilations: list(1, 1, 1, 1) };
  const nodes = [
    placeholder("image", [-1, 2, 2, 3]),
    constant("filter"),
    constant("axes"),
    node("conv", "Conv2D", {
      input: ["image", "filter"],
      attr: { ...attr, data_format: text("NHWC") },
    }),
    // The mean of nothing would be whatever lies in the memory.
    node("mean", "Mean", { input: ["conv", "axes"] }),
  ];
  const error = refusal(createFiles(graphJson(nodes), {
    weights: [
      { name: "filter", shape: [3, 3, 3, 2], values: Array.from(pattern(54, 1)) },
      { name: "axes", shape: [2], values: [1, 2], stored: "int32" },
    ],
  }));
  assertEquals(error.code, "model_unusable");
  assertStringIncludes(error.message, "its shape is [1, 0, 0, 2]");
});
