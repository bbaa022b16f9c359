import { assertEquals, assertLessOrEqual } from "@std/assert";
import * as tf from "@tensorflow/tfjs-core";
import {
  input as createInput,
  layers,
  type LayersModel,
  loadLayersModel,
  model as createModel,
  type SymbolicTensor,
} from "@tensorflow/tfjs-layers";
import { registerFusedLayers } from "../../../models/kernels/fused_layers.ts";
import { RECURRENT_KERNEL } from "../../../models/kernels/recurrent_kernels.ts";
import { largestDifference } from "../formats/test_backend.ts";
import type { ModelJson } from "../formats/tfjs_fixtures.ts";
import {
  DIFFERENCE_MAX,
  makeValues,
  makeWeights,
  startRecurrentBackend,
} from "./recurrent_cases.ts";

await startRecurrentBackend();
registerFusedLayers();

const [STEPS, CHANNELS, UNITS] = [9, 4, 11];
// The default one needs chained methods, which bare tfjs-core does not have.
const COMMON = { units: UNITS, recurrentInitializer: "glorotUniform" as const };

type Inputs = SymbolicTensor | SymbolicTensor[];

/** A model over series whose recurrent layers are those of TensorFlow.js itself. */
function createStockModel(build: (series: SymbolicTensor) => Inputs, batch = 3): LayersModel {
  const series = createInput({ batchShape: [batch, STEPS, CHANNELS] });
  return createModel({ inputs: series, outputs: build(series) });
}

/** The same model, written to JSON and read again. */
async function reload(model: LayersModel): Promise<LayersModel> {
  let artifacts: tf.io.ModelArtifacts = {};
  await model.save(tf.io.withSaveHandler((saved) => {
    artifacts = saved;
    return Promise.resolve({
      modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: "JSON" },
    });
  }));
  return await loadLayersModel({ load: () => Promise.resolve(artifacts) });
}

/** What a model makes of its inputs, and how often the recurrent kernel ran. */
async function run(
  model: LayersModel,
  inputs: tf.Tensor | tf.Tensor[],
): Promise<{ values: Float32Array[]; fusedCalls: number }> {
  let values: Float32Array[] = [];
  const { kernels } = await tf.profile(() => {
    const outputs = [model.predictOnBatch(inputs)].flat();
    values = outputs.map((each) => each.dataSync() as Float32Array);
    tf.dispose(outputs);
    return outputs;
  });
  const fusedCalls = kernels.filter(({ name }) => name === RECURRENT_KERNEL).length;
  return { values, fusedCalls };
}

/** The same by the layers of TensorFlow.js itself. */
async function runStock(
  model: LayersModel,
  inputs: tf.Tensor | tf.Tensor[],
): Promise<Float32Array[]> {
  const kernel = tf.getKernel(RECURRENT_KERNEL, "wasm");
  tf.unregisterKernel(RECURRENT_KERNEL, "wasm");
  try {
    const { values, fusedCalls } = await run(model, inputs);
    assertEquals(fusedCalls, 0);
    return values;
  } finally {
    tf.registerKernel(kernel);
  }
}

/**
 * Compares a model with itself after loading; gives how often the recurrent kernel ran.
 * TensorFlow.js runs a layer once for each of its outputs.
 */
async function compare(stock: LayersModel, inputs: tf.Tensor | tf.Tensor[]): Promise<number> {
  const expected = await runStock(stock, inputs);
  const before = tf.memory().numTensors;
  const loaded = await reload(stock);
  const { values, fusedCalls } = await run(loaded, inputs);
  values.forEach((each, index) => {
    assertLessOrEqual(largestDifference(each, expected[index] ?? []), DIFFERENCE_MAX);
  });
  const steady = tf.memory().numTensors;
  await run(loaded, inputs);
  assertEquals(tf.memory().numTensors, steady);
  loaded.dispose();
  assertEquals(tf.memory().numTensors, before);
  stock.dispose();
  tf.dispose(inputs);
  return fusedCalls;
}

const makeSeries = (batch = 3) => makeValues([batch, STEPS, CHANNELS], 7);

Deno.test("registerFusedLayers() makes loaded layers run on the kernels, with the same results", async () => {
  for (const layer of [layers.simpleRNN, layers.lstm, layers.gru]) {
    for (
      const settings of [
        {},
        { returnSequences: true },
        { returnState: true },
        { returnSequences: true, returnState: true, goBackwards: true },
        { useBias: false, activation: "relu" as const },
        { activation: "sigmoid" as const, dropout: 0.5, recurrentDropout: 0.5 },
      ]
    ) {
      const stock = createStockModel((series) => {
        return layer({ ...COMMON, ...settings }).apply(series) as Inputs;
      });
      const outputs = stock.outputs.length;
      assertEquals(await compare(stock, makeSeries()), outputs);
    }
  }
});

Deno.test("registerFusedLayers() reaches stacked layers and those in a Bidirectional", async () => {
  for (const mergeMode of ["concat", "sum"] as const) {
    const stock = createStockModel((series) => {
      const lower = layers.bidirectional({
        layer: layers.lstm({ ...COMMON, returnSequences: true }) as never,
        mergeMode,
      }).apply(series);
      const upper = layers.gru({ ...COMMON, returnSequences: true }).apply(lower as Inputs);
      return layers.bidirectional({ layer: layers.simpleRNN(COMMON) as never, mergeMode })
        .apply(upper as Inputs) as Inputs;
    });
    assertEquals(await compare(stock, makeSeries()), 5);
  }
});

Deno.test("registerFusedLayers() keeps masks", async () => {
  const stock = createStockModel((series) => {
    const masked = layers.masking({ maskValue: 0 }).apply(series) as SymbolicTensor;
    const lower = layers.gru({ ...COMMON, returnSequences: true }).apply(masked);
    return layers.lstm({ ...COMMON, returnState: true }).apply(lower as Inputs) as Inputs;
  });
  // Ones up to another length in each sample, zeros behind it.
  const lengths = tf.tensor3d([5, STEPS, 1], [3, 1, 1]);
  const series = tf.tidy(() => {
    const step = tf.reshape(tf.range(0, STEPS), [1, STEPS, 1]);
    return tf.mul(makeSeries(), tf.cast(tf.less(step, lengths), "float32"));
  });
  lengths.dispose();
  assertEquals(await compare(stock, series), 1 + 3);
});

Deno.test("registerFusedLayers() keeps initial states that are inputs of the model", async () => {
  const series = createInput({ shape: [null, CHANNELS] });
  const states = [createInput({ shape: [UNITS] }), createInput({ shape: [UNITS] })];
  const outputs = layers.lstm({ ...COMMON, returnState: true, returnSequences: true })
    .apply([series, ...states]) as SymbolicTensor[];
  const stock = createModel({ inputs: [series, ...states], outputs });
  const inputs = [makeSeries(), makeValues([3, UNITS], 8), makeValues([3, UNITS], 9)];
  assertEquals(await compare(stock, inputs), 3);
});

Deno.test("registerFusedLayers() keeps the state of stateful layers between calls", async () => {
  const build = (series: SymbolicTensor) => {
    return layers.gru({ ...COMMON, stateful: true }).apply(series) as Inputs;
  };
  const stock = createStockModel(build);
  const loaded = await reload(stock);
  const series = makeSeries();
  for (let call = 0; call < 3; call++) {
    const [expected, actual] = [await runStock(stock, series), await run(loaded, series)];
    assertEquals(actual.fusedCalls, 1);
    const difference = largestDifference(actual.values[0] ?? [], expected[0] ?? []);
    assertLessOrEqual(difference, DIFFERENCE_MAX);
  }
});

Deno.test("registerFusedLayers() leaves what the kernels lack to the stock layer", async () => {
  const stock = createStockModel((series) => {
    return layers.lstm({ ...COMMON, activation: "elu" }).apply(series) as Inputs;
  });
  assertEquals(await compare(stock, makeSeries()), 0);
});

Deno.test("registerFusedLayers() trains as the stock layers do", async () => {
  for (const layer of [layers.simpleRNN, layers.lstm, layers.gru]) {
    const stock = createStockModel((series) => {
      const lower = layer({ ...COMMON, returnSequences: true }).apply(series) as Inputs;
      const upper = layer({ ...COMMON, useBias: false }).apply(lower) as Inputs;
      return layers.dense({ units: 1 }).apply(upper) as Inputs;
    });
    const loaded = await reload(stock);
    const [series, wanted] = [makeSeries(), tf.ones([3, 1])];
    for (const model of [stock, loaded]) {
      model.compile({ optimizer: "sgd", loss: "meanSquaredError" });
    }
    let fusedCalls = 0;
    for (let step = 0; step < 4; step++) {
      const expected = await stock.trainOnBatch(series, wanted);
      let actual: number | number[] = NaN;
      const { kernels } = await tf.profile(async () => {
        actual = await loaded.trainOnBatch(series, wanted) as number;
        return tf.scalar(0);
      });
      fusedCalls += kernels.filter(({ name }) => name === RECURRENT_KERNEL).length;
      assertLessOrEqual(Math.abs(Number(expected) - actual), DIFFERENCE_MAX);
    }
    assertEquals(fusedCalls, 4 * 2);
    loaded.getWeights().forEach((weight, index) => {
      const expectedWeight = stock.getWeights()[index]?.dataSync() ?? [];
      assertLessOrEqual(largestDifference(weight.dataSync(), expectedWeight), DIFFERENCE_MAX);
    });
    const before = tf.memory().numTensors;
    await loaded.trainOnBatch(series, wanted);
    assertEquals(tf.memory().numTensors, before);
  }
});

Deno.test("registerFusedLayers() leaves training with dropout to the stock layer", async () => {
  const stock = createStockModel((series) => {
    const hidden = layers.gru({ ...COMMON, dropout: 0.5 }).apply(series) as Inputs;
    return layers.dense({ units: 1 }).apply(hidden) as Inputs;
  });
  const loaded = await reload(stock);
  loaded.compile({ optimizer: "sgd", loss: "meanSquaredError" });
  const { kernels } = await tf.profile(async () => {
    await loaded.trainOnBatch(makeSeries(), tf.ones([3, 1]));
    return tf.scalar(0);
  });
  assertEquals(kernels.some(({ name }) => name === RECURRENT_KERNEL), false);
  assertEquals(kernels.length > 0, true);
});

/** A GRU that resets after the product, as Keras writes it. */
function createResetAfterTopology(config: ModelJson, wrapper?: string): ModelJson {
  const zeros = { class_name: "Zeros", config: {} };
  const layer = {
    class_name: "GRU",
    config: {
      name: "gru",
      units: 5,
      reset_after: true,
      return_sequences: true,
      recurrent_activation: "sigmoid",
      recurrent_initializer: zeros,
      batch_input_shape: [null, null, 3],
      ...config,
    },
  };
  const wrapped = {
    class_name: wrapper,
    config: { name: "wrapper", layer, merge_mode: "concat", batch_input_shape: [null, null, 3] },
  };
  const layers = [wrapper ? wrapped : layer];
  return { model_config: { class_name: "Sequential", config: { name: "golden", layers } } };
}

function loadTopology(modelTopology: ModelJson): Promise<LayersModel> {
  return loadLayersModel({ load: () => Promise.resolve({ modelTopology }) });
}

Deno.test("a loaded GRU resets after the product where its configuration says so", async () => {
  const before = tf.memory().numTensors;
  const path = new URL("../../golden/recurrent.json", import.meta.url);
  const golden = JSON.parse(await Deno.readTextFile(path)).gru_reset_after;
  const model = await loadTopology(createResetAfterTopology({}));
  const weights = makeWeights("GRUResetAfter", golden);
  model.setWeights([weights.kernel, weights.recurrentKernel, weights.bias]);
  const x = makeValues([golden.batch, golden.steps, golden.inputs], 4);
  const initialState = [makeValues([golden.batch, golden.units], 5)];
  const [layer] = model.layers;
  const outputs = layer?.apply(x, { initialState }) as tf.Tensor;
  assertLessOrEqual(largestDifference(outputs.dataSync(), golden.outputs), DIFFERENCE_MAX);
  outputs.dispose();
  assertEquals(layer?.getConfig().resetAfter, true);
  model.dispose();
  tf.dispose([x, initialState, Object.values(weights)]);
  assertEquals(tf.memory().numTensors, before);
});

Deno.test("a GRU that resets after the product works inside of a Bidirectional, and without bias", async () => {
  for (const useBias of [true, false]) {
    const topology = createResetAfterTopology({ use_bias: useBias }, "Bidirectional");
    const model = await loadTopology(topology);
    assertEquals(model.getWeights().length, useBias ? 6 : 4);
    model.setWeights(
      model.getWeights().map(({ shape }, seed) => {
        return tf.mul(makeValues(shape, seed), 0.25);
      }),
    );
    const x = makeValues([2, 7, 3], 4);
    const [expected, actual] = [await runStock(model, x), await run(model, x)];
    assertEquals(actual.fusedCalls, 2);
    const difference = largestDifference(actual.values[0] ?? [], expected[0] ?? []);
    assertLessOrEqual(difference, DIFFERENCE_MAX);
    model.dispose();
  }
});
