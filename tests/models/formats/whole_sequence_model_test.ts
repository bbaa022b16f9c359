import { assertEquals, assertLessOrEqual, assertRejects, assertThrows } from "@std/assert";
import * as tf from "@tensorflow/tfjs-core";
import { layers, type LayersModel, sequential } from "@tensorflow/tfjs-layers";
import { ServiceError } from "../../../lib/service_error.ts";
import { variableNames } from "../../../models/formats/tfjs_variables.ts";
import { loadTfjsSequenceModel } from "../../../models/formats/tfjs_sequence_model.ts";
import { readsSeries } from "../../../models/formats/whole_sequence_model.ts";
import { largestDifference, startTestBackend } from "./test_backend.ts";
import { saveLayersModel } from "./tfjs_fixtures.ts";
import { makeWholeNetwork } from "./whole_series_fixtures.ts";

await startTestBackend();

async function save(model: LayersModel) {
  const files = await saveLayersModel(model);
  model.dispose();
  return files;
}

Deno.test("a network that reads series as a whole gives the scores of TensorFlow.js's own layers", async () => {
  const stock = makeWholeNetwork();
  const files = await saveLayersModel(stock);
  const series = tf.randomUniform([1, 9, 2], -1, 1, "float32", 7);
  const wanted = (stock.predict(series) as tf.Tensor).dataSync();
  stock.dispose();
  const before = [tf.memory().numTensors, variableNames().length];
  const model = await loadTfjsSequenceModel(files);
  const { inputShape, stateLength, classCount, featureLength, outputActivation } = model;
  assertEquals(inputShape, [1, -1, 2]);
  assertEquals([stateLength, classCount, featureLength, outputActivation], [0, 3, 6, "softmax"]);
  tf.tidy(() => {
    const { features, state } = model.run(series);
    assertEquals(state.shape, [1, 0]);
    const scores = tf.softmax(model.score(features)).dataSync();
    assertLessOrEqual(largestDifference(scores, wanted), 1e-5);
    const predicted = model.predict(series);
    assertEquals(predicted.features.dataSync(), features.dataSync());
    assertEquals(predicted.logits.shape, [1, 3]);
  });
  model.dispose();
  assertEquals([tf.memory().numTensors, variableNames().length], before);
  series.dispose();
});

Deno.test("a network that reads series as a whole refuses pieces, single steps and other lengths", async () => {
  const open = await loadTfjsSequenceModel(await save(makeWholeNetwork()));
  const fixed = await loadTfjsSequenceModel(await save(makeWholeNetwork({ steps: 9 })));
  assertEquals(fixed.inputShape, [1, 9, 2]);
  const before = tf.memory().numTensors;
  const state = tf.zeros([1, 0]) as tf.Tensor2D;
  const series = (steps: number) => tf.zeros([1, steps, 2]);
  const cases: [() => unknown, string][] = [
    [() => open.run(series(9), { everyStep: true }), "no answer for single steps"],
    [() => open.run(series(9), { state }), "at most 4096 steps"],
    // The convolution reads three steps at once.
    [() => open.run(series(2)), "takes at least 3 steps: found 2"],
    [() => fixed.run(series(8)), "takes 9 steps: found 8"],
  ];
  for (const [run, rule] of cases) {
    const error = tf.tidy(() => void assertThrows(run, ServiceError, rule));
    assertEquals(error, undefined);
  }
  tf.tidy(() => void assertThrows(() => open.run(tf.zeros([1, 9, 3])), TypeError, "[1, 9, 3]"));
  state.dispose();
  assertEquals(tf.memory().numTensors, before);
  open.dispose();
  fixed.dispose();
});

Deno.test("a network that reads series as a whole says how few steps its windows take", async () => {
  const inputShape = [null, 2];
  const scores = () => [layers.globalAveragePooling1d({}), layers.dense({ units: 3 })];
  const cases: [layers.Layer, number][] = [
    [layers.maxPooling1d({ poolSize: 4, inputShape }), 4],
    [layers.conv1d({ filters: 2, kernelSize: 5, inputShape }), 5],
    [layers.conv1d({ filters: 2, kernelSize: 3, strides: 2, padding: "same", inputShape }), 1],
  ];
  for (const [first, stepsMin] of cases) {
    const model = await loadTfjsSequenceModel(
      await save(sequential({ layers: [first, ...scores()] })),
    );
    const before = tf.memory().numTensors;
    for (let steps = 1; steps < stepsMin; steps++) {
      const rule = `takes at least ${stepsMin} steps: found ${steps}`;
      const run = () => model.run(tf.zeros([1, steps, 2]));
      const error = tf.tidy(() => {
        const { code } = assertThrows(run, ServiceError, rule);
        return code as unknown as tf.TensorContainer;
      });
      assertEquals(error, "invalid_value");
    }
    tf.tidy(() => {
      const { logits } = model.predict(tf.ones([1, stepsMin, 2]));
      assertEquals(logits.shape, [1, 3]);
    });
    assertEquals(tf.memory().numTensors, before);
    model.dispose();
  }
});

Deno.test("a network that reads series as a whole passes a fault of the backend on as it is", async () => {
  const model = await loadTfjsSequenceModel(await save(makeWholeNetwork()));
  const series = tf.zeros([1, 9, 2]);
  const stock = tf.getKernel("Conv2D", "wasm");
  const fault = new WebAssembly.RuntimeError("memory access out of bounds");
  tf.unregisterKernel("Conv2D", "wasm");
  tf.registerKernel({
    ...stock,
    kernelFunc: () => {
      throw fault;
    },
  });
  try {
    assertThrows(() => model.run(series), WebAssembly.RuntimeError, "out of bounds");
  } finally {
    tf.unregisterKernel("Conv2D", "wasm");
    tf.registerKernel(stock);
  }
  tf.dispose(Object.values(model.run(series)));
  series.dispose();
  model.dispose();
});

Deno.test("a network that reads series as a whole must end in one dense layer", async () => {
  const inputShape = [9, 2];
  const dense = (activation: "tanh" | "softmax" | "linear" = "linear") => {
    return layers.dense({ units: 2, activation });
  };
  const cases: [LayersModel, string][] = [
    [
      sequential({ layers: [layers.flatten({ inputShape: [4097, 2] }), dense()] }),
      "at most 4096 steps",
    ],
    [
      sequential({ layers: [layers.globalMaxPooling1d({ inputShape })] }),
      "found GlobalMaxPooling1D",
    ],
    [
      sequential({ layers: [layers.conv1d({ filters: 2, kernelSize: 2, inputShape }), dense()] }),
      "over one vector for the whole series",
    ],
    [
      sequential({ layers: [layers.flatten({ inputShape }), dense("tanh")] }),
      "must end in softmax, sigmoid or nothing: found tanh",
    ],
    [
      sequential({ layers: [layers.flatten({ inputShape }), dense("softmax"), layers.softmax()] }),
      "two activations",
    ],
  ];
  for (const [network, rule] of cases) {
    const files = await save(network);
    const before = tf.memory().numTensors;
    const error = await assertRejects(() => loadTfjsSequenceModel(files), ServiceError, rule);
    assertEquals([error.code, tf.memory().numTensors], ["model_unusable", before]);
  }
});

Deno.test("readsSeries() tells series from other inputs", () => {
  const image = sequential({ layers: [layers.flatten({ inputShape: [4, 4, 3] })] });
  const series = makeWholeNetwork();
  assertEquals([readsSeries(image), readsSeries(series)], [false, true]);
  image.dispose();
  series.dispose();
});
