import { assert, assertEquals, assertLessOrEqual, assertRejects } from "@std/assert";
import * as tf from "@tensorflow/tfjs-core";
import { layers, type LayersModel, type Sequential, sequential } from "@tensorflow/tfjs-layers";
import { input as createInput, model as createModel } from "@tensorflow/tfjs-layers";
import type { SymbolicTensor } from "@tensorflow/tfjs-layers";
import { ServiceError } from "../../../lib/service_error.ts";
import type { ModelFiles } from "../../../models/formats/loaded_model.ts";
import { loadTfjsLayersModel } from "../../../models/formats/tfjs_layers_model.ts";
import {
  hasRecurrentKernels,
  RECURRENT_KERNEL,
  registerRecurrentKernels,
} from "../../../models/kernels/recurrent_kernels.ts";
import { loadRecurrentModule } from "../../../models/kernels/recurrent_module.ts";
import { largestDifference, startTestBackend } from "./test_backend.ts";
import { editModelFile, type ModelJson, saveLayersModel } from "./tfjs_fixtures.ts";
import { pattern } from "./tflite_parts.ts";

const INPUT_SHAPE = [4, 4, 3];

function createBackbone(): Sequential {
  return sequential({
    layers: [
      layers.conv2d({ inputShape: INPUT_SHAPE, filters: 5, kernelSize: 3, activation: "relu6" }),
      layers.batchNormalization(),
      layers.globalAveragePooling2d({}),
    ],
  });
}

/** Like a model of Teachable Machine: a network and a head, each a model inside of the model. */
function createNested(): Sequential {
  const head = sequential({
    layers: [
      layers.dense({ inputShape: [5], units: 7, activation: "relu" }),
      layers.dense({ units: 3, activation: "softmax", useBias: false }),
    ],
  });
  return sequential({ layers: [createBackbone(), head] });
}

/** Probabilities of the model itself and of the loaded one, for the same two images. */
async function compare(
  model: LayersModel,
  { activate, shards = 1 }: { activate: (logits: tf.Tensor) => tf.Tensor; shards?: number },
): Promise<{ featureLength: number; classCount: number; outputActivation: string }> {
  const files = await saveLayersModel(model, shards);
  const input = tf.tensor(pattern(96, 3), [2, ...INPUT_SHAPE]);
  const expected = (model.predict(input) as tf.Tensor).dataSync();
  model.dispose();
  const before = tf.memory().numTensors;
  const loaded = await loadTfjsLayersModel(files);
  assertEquals(loaded.inputShape, [1, ...INPUT_SHAPE]);
  const { logits, features } = loaded.predict(input);
  assertEquals(features.shape, [2, loaded.featureLength]);
  assertEquals(logits.shape, [2, loaded.classCount]);
  const scores = activate(logits);
  assertLessOrEqual(largestDifference(scores.dataSync(), expected), 1e-6);
  tf.dispose([logits, features, scores]);
  const steady = tf.memory().numTensors;
  tf.dispose(Object.values(loaded.predict(input)));
  assertEquals(tf.memory().numTensors, steady);
  loaded.dispose();
  assertEquals(tf.memory().numTensors, before);
  input.dispose();
  const { featureLength, classCount, outputActivation } = loaded;
  return { featureLength, classCount, outputActivation };
}

Deno.test("loadTfjsLayersModel() takes the softmax off a dense layer, through nested models", async () => {
  await startTestBackend();
  assertEquals(await compare(createNested(), { activate: (x) => tf.softmax(x), shards: 3 }), {
    featureLength: 7,
    classCount: 3,
    outputActivation: "softmax",
  });
});

Deno.test("loadTfjsLayersModel() takes a softmax off that is a layer of its own", async () => {
  await startTestBackend();
  for (const last of [layers.softmax(), layers.activation({ activation: "softmax" })]) {
    const model = createBackbone();
    model.add(layers.dense({ units: 3 }));
    model.add(last);
    assertEquals(await compare(model, { activate: (x) => tf.softmax(x) }), {
      featureLength: 5,
      classCount: 3,
      outputActivation: "softmax",
    });
  }
});

Deno.test("loadTfjsLayersModel() knows sigmoid and linear outputs", async () => {
  await startTestBackend();
  const sigmoid = createBackbone();
  sigmoid.add(layers.dense({ units: 1, activation: "sigmoid" }));
  const described = await compare(sigmoid, { activate: (x) => tf.sigmoid(x) });
  assertEquals(described.outputActivation, "sigmoid");
  const linear = createBackbone();
  linear.add(layers.dense({ units: 2, activation: "tanh" }));
  assertEquals(await compare(linear, { activate: (x) => tf.clone(x) }), {
    featureLength: 5,
    classCount: 2,
    outputActivation: "linear",
  });
});

Deno.test("loadTfjsLayersModel() takes only the last of two activations off", async () => {
  await startTestBackend();
  const softmax = () => layers.activation({ activation: "softmax" });
  const cases: ["softmax" | "sigmoid", layers.Layer[], "softmax" | "sigmoid"][] = [
    ["softmax", [softmax()], "softmax"],
    ["sigmoid", [layers.dropout({ rate: 0.5 }), layers.softmax()], "softmax"],
    ["softmax", [layers.activation({ activation: "sigmoid" })], "sigmoid"],
    ["softmax", [softmax(), softmax()], "softmax"],
  ];
  for (const [activation, outer, outputActivation] of cases) {
    const model = createBackbone();
    for (const layer of [layers.dense({ units: 3, activation }), ...outer]) model.add(layer);
    const activate = (x: tf.Tensor) =>
      outputActivation === "softmax" ? tf.softmax(x) : tf.sigmoid(x);
    assertEquals(await compare(model, { activate }), {
      featureLength: 5,
      classCount: 3,
      outputActivation,
    });
  }
});

Deno.test("loadTfjsLayersModel() takes the softmax off a convolution and off a nested model", async () => {
  await startTestBackend();
  const filters = { filters: 3, activation: "softmax" } as const;
  const dense = createBackbone();
  dense.add(layers.reshape({ targetShape: [1, 1, 5] }));
  dense.add(layers.conv2d({ ...filters, kernelSize: 1 }));
  dense.add(layers.flatten());
  const whole = sequential({
    layers: [
      layers.conv2d({ ...filters, kernelSize: 4, inputShape: INPUT_SHAPE }),
      layers.flatten(),
    ],
  });
  const headless = createBackbone();
  headless.add(layers.activation({ activation: "softmax" }));
  const cases: [LayersModel, number, number][] = [
    [dense, 5, 3],
    [whole, 3, 3],
    [sequential({ layers: [headless] }), 5, 5],
  ];
  for (const [model, featureLength, classCount] of cases) {
    const found = await compare(model, { activate: (x) => tf.softmax(x) });
    assertEquals(found, { featureLength, classCount, outputActivation: "softmax" });
  }
});

Deno.test("loadTfjsLayersModel() refuses a softmax over each place of a map", async () => {
  await startTestBackend();
  const model = sequential({
    layers: [
      layers.conv2d({ filters: 3, kernelSize: 3, activation: "softmax", inputShape: INPUT_SHAPE }),
      layers.flatten(),
    ],
  });
  const files = await saveLayersModel(model);
  model.dispose();
  const rule = "must be over one vector: found one over [2, 2, 3]";
  const error = await assertRejects(() => loadTfjsLayersModel(files), ServiceError, rule);
  assertEquals(error.code, "model_unusable");
});

Deno.test("loadTfjsLayersModel() loads a functional model with a branch and a dense convolution", async () => {
  await startTestBackend();
  const image = createInput({ shape: INPUT_SHAPE });
  const conv = (kernelSize: number) => {
    return layers.conv2d({ filters: 4, kernelSize, padding: "same" }).apply(
      image,
    ) as SymbolicTensor;
  };
  const sum = layers.add().apply([conv(1), conv(3)]) as SymbolicTensor;
  const mean = layers.globalAveragePooling2d({}).apply(sum) as SymbolicTensor;
  const map = layers.reshape({ targetShape: [1, 1, 4] }).apply(mean) as SymbolicTensor;
  const head = layers.conv2d({ filters: 6, kernelSize: 1 }).apply(map) as SymbolicTensor;
  const flat = layers.flatten().apply(head) as SymbolicTensor;
  const scores = layers.softmax().apply(flat) as SymbolicTensor;
  const model = createModel({ inputs: image, outputs: scores });
  assertEquals(await compare(model, { activate: (x) => tf.softmax(x) }), {
    featureLength: 4,
    classCount: 6,
    outputActivation: "softmax",
  });
});

Deno.test("loadTfjsLayersModel() gives the output as features where no dense layer stands", async () => {
  await startTestBackend();
  const { featureLength, classCount } = await compare(createBackbone(), {
    activate: (x) => tf.clone(x),
  });
  assertEquals([featureLength, classCount], [5, 5]);
});

Deno.test("loadTfjsLayersModel() runs recurrent layers on the kernels, and frees what they packed", async () => {
  await startTestBackend();
  if (!hasRecurrentKernels()) registerRecurrentKernels(await loadRecurrentModule());
  const recurrent = { units: 5, recurrentInitializer: "glorotUniform" as const };
  const model = sequential({
    layers: [
      layers.gru({ ...recurrent, inputShape: [6, 3], returnSequences: true }),
      layers.lstm(recurrent),
      layers.dense({ units: 2, activation: "softmax" }),
    ],
  });
  const files = await saveLayersModel(model);
  const input = tf.tensor(pattern(36, 5), [2, 6, 3]);
  const expected = (model.predict(input) as tf.Tensor).dataSync();
  model.dispose();
  const before = tf.memory().numTensors;
  const loaded = await loadTfjsLayersModel(files);
  let actual: ArrayLike<number> = [];
  const { kernels } = await tf.profile(() => {
    const { logits, features } = loaded.predict(input);
    actual = tf.tidy(() => tf.softmax(logits).dataSync());
    tf.dispose([logits, features]);
    return logits;
  });
  assert(kernels.some(({ name }) => name === RECURRENT_KERNEL));
  assertLessOrEqual(largestDifference(actual, expected), 1e-5);
  loaded.dispose();
  assertEquals(tf.memory().numTensors, before);
  input.dispose();
});

Deno.test("loadTfjsLayersModel() loads the same files twice", async () => {
  await startTestBackend();
  const model = createNested();
  const files = await saveLayersModel(model);
  model.dispose();
  const before = tf.memory().numTensors;
  const [first, second] = [await loadTfjsLayersModel(files), await loadTfjsLayersModel(files)];
  first.dispose();
  const input = tf.ones([1, ...INPUT_SHAPE]);
  tf.dispose([input, ...Object.values(second.predict(input))]);
  second.dispose();
  assertEquals(tf.memory().numTensors, before);
});

Deno.test("loadTfjsLayersModel() refuses models that are broken, and frees what it had made", async () => {
  await startTestBackend();
  const model = createNested();
  const files = await saveLayersModel(model);
  model.dispose();
  const topology = (edit: (config: ModelJson) => void) => {
    return editModelFile(files, ({ modelTopology }) => edit(modelTopology));
  };
  const cases: [ModelFiles, string, string][] = [
    [
      topology(({ config }) => config.layers[1].class_name = "Mystery"),
      "unsupported_operator",
      "Mystery",
    ],
    [
      topology(({ config }) => {
        config.layers[1].config.layers[0].config.units = 8;
      }),
      "model_unusable",
      "does not load",
    ],
    [
      topology(({ config }) => {
        const [backbone] = config.layers;
        backbone.config.layers[0].config.batch_input_shape = [null, 2, 2, 3];
      }),
      "model_unusable",
      "gives [1, 0, 0, 5]",
    ],
    [
      topology((topology) => delete topology.config),
      "model_unusable",
      "does not load",
    ],
    [
      editModelFile(files, ({ weightsManifest: [group] }) => group.weights[0].name = "other"),
      "model_unusable",
      "does not load",
    ],
    [
      topology(({ config }) => {
        const [backbone] = config.layers;
        backbone.config.layers[0].config.batch_input_shape = [null, null, 4, 3];
      }),
      "model_unusable",
      "input shape must be known",
    ],
  ];
  for (const [broken, code, message] of cases) {
    const before = tf.memory().numTensors;
    const error = await assertRejects(() => loadTfjsLayersModel(broken), ServiceError);
    assertEquals(error.code, code);
    assert(error.message.includes(message), error.message);
    assertEquals(tf.memory().numTensors, before);
  }
});
