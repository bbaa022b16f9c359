import { RECURRENT_CELLS } from "../kernels/recurrent_cells.ts";
import type { LayeredNetwork, NetworkLayer, RecurrentLayer } from "./layered_network.ts";

/** A layer of Keras with its weights. */
interface KerasLayer {
  className: string;
  name: string;
  config: Record<string, unknown>;
  /** What each call of the layer reads: layers with the place of their output. */
  calls: [layer: string, call: number, output: number][][];
  weights: { name: string; shape: number[]; values: Float32Array }[];
}

const ZEROS = { class_name: "Zeros", config: {} };

/**
 * Writes a network of recurrent and dense layers as a layers model of TensorFlow.js, which
 * `tf.loadLayersModel()` and the service load. It ends in a softmax over the last step; a second
 * output has the scores after every step. Where the network has one recurrent layer whose state is
 * its output, that state is an input and an output as well, so that a sequence can come in pieces.
 * The same network always gives the same bytes.
 *
 * @returns `model.json` and `weights.bin`, float32 little endian
 * @throws {TypeError} if there is no recurrent layer: a network over vectors is stored as a head
 */
export function writeLayeredNetwork(
  { layers }: LayeredNetwork,
): Map<"model.json" | "weights.bin", Uint8Array<ArrayBuffer>> {
  const recurrent = layers.filter((layer) => layer.kind === "recurrent");
  const last = recurrent.at(-1);
  if (!last) throw new TypeError("Cannot write network as it must have a recurrent layer: none");
  const hasState = recurrent.length === 1 && RECURRENT_CELLS[last.cell].states === 1;
  const written = [
    writeInput(layers[0] as NetworkLayer),
    ...hasState ? [makeInput("state", { shape: [null, last.units], dtype: "float32" })] : [],
  ];
  for (const [index, layer] of layers.entries()) {
    const before = written.findLast(({ name }) => name !== "state")?.name ?? "";
    const isLast = index === layers.length - 1;
    written.push(writeLayer(layer, { name: nameLayer(layer, index), before, isLast, hasState }));
  }
  const head = written.at(-1)?.name ?? "";
  const rnn = nameLayer(last, layers.indexOf(last));
  const model = {
    format: "layers-model",
    generatedBy: "lastlayer",
    convertedBy: null,
    modelTopology: {
      keras_version: "2.15.0",
      backend: "tensorflow",
      model_config: {
        class_name: "Functional",
        config: {
          name: "network",
          layers: written.map(toTopology),
          input_layers: written.filter(({ className }) => className === "InputLayer")
            .map(({ name }) => [name, 0, 0]),
          output_layers: [[head, 0, 0], [head, 1, 0], ...hasState ? [[rnn, 0, 1]] : []],
        },
      },
    },
    weightsManifest: [{
      paths: ["weights.bin"],
      weights: written.flatMap(({ weights }) => weights)
        .map(({ name, shape }) => ({ name, shape, dtype: "float32" })),
    }],
  };
  return new Map([
    ["model.json", new TextEncoder().encode(JSON.stringify(model))],
    ["weights.bin", joinWeights(written)],
  ]);
}

function nameLayer({ kind }: NetworkLayer, index: number): string {
  return `${kind}_${index}`;
}

function writeInput(first: NetworkLayer): KerasLayer {
  return first.kind === "embedding"
    ? makeInput("tokens", { shape: [null, null], dtype: "int32" })
    : makeInput("series", {
      shape: [null, null, (first as RecurrentLayer).inputs],
      dtype: "float32",
    });
}

function makeInput(
  name: string,
  { shape, dtype }: { shape: (number | null)[]; dtype: string },
): KerasLayer {
  const config = { batch_input_shape: shape, dtype, sparse: false };
  return { className: "InputLayer", name, config, calls: [], weights: [] };
}

function writeLayer(
  layer: NetworkLayer,
  place: { name: string; before: string; isLast: boolean; hasState: boolean },
): KerasLayer {
  const { name, before, isLast, hasState } = place;
  const named = (weights: Record<string, [shape: number[], values: Float32Array]>) =>
    Object.entries(weights).map(([part, [shape, values]]) => ({
      name: `${name}/${part}`,
      shape,
      values,
    }));
  switch (layer.kind) {
    case "embedding": {
      const { tokens, units } = layer;
      return {
        className: "Embedding",
        name,
        config: {
          input_dim: tokens,
          output_dim: units,
          mask_zero: false,
          embeddings_initializer: ZEROS,
        },
        calls: [[[before, 0, 0]]],
        weights: named({ embeddings: [[tokens, units], layer.weights] }),
      };
    }
    case "recurrent": {
      const { gates, hasRecurrentBias } = RECURRENT_CELLS[layer.cell];
      const columns = gates * layer.units;
      return {
        className: layer.cell === "GRUResetAfter" ? "GRU" : layer.cell,
        name,
        config: writeRecurrentConfig(layer),
        calls: [[[before, 0, 0], ...(hasState ? [["state", 0, 0]] : []) as [string, 0, 0][]]],
        weights: named({
          kernel: [[layer.inputs, columns], layer.kernel],
          recurrent_kernel: [[layer.units, columns], layer.recurrentKernel],
          bias: [hasRecurrentBias ? [2, columns] : [columns], layer.bias],
        }),
      };
    }
    case "dense": {
      const { inputs, units } = layer;
      const isFirst = before.startsWith("recurrent");
      return {
        className: "Dense",
        name,
        config: {
          units,
          activation: isLast ? "softmax" : layer.activation,
          use_bias: true,
          kernel_initializer: ZEROS,
          bias_initializer: ZEROS,
        },
        // First over the last state, then over the outputs of all steps.
        calls: isFirst
          ? [[[before, 0, 1]], [[before, 0, 0]]]
          : [[[before, 0, 0]], [[before, 1, 0]]],
        weights: named({ kernel: [[inputs, units], layer.weights], bias: [[units], layer.bias] }),
      };
    }
  }
}

function writeRecurrentConfig(
  { cell, units, activation, recurrentActivation }: RecurrentLayer,
): Record<string, unknown> {
  return {
    units,
    activation: toSnakeCase(activation),
    use_bias: true,
    return_sequences: true,
    return_state: true,
    go_backwards: false,
    stateful: false,
    unroll: false,
    kernel_initializer: ZEROS,
    recurrent_initializer: ZEROS,
    bias_initializer: ZEROS,
    ...(cell === "SimpleRNN" ? {} : { recurrent_activation: toSnakeCase(recurrentActivation) }),
    ...(cell === "LSTM" ? { unit_forget_bias: false } : {}),
    ...(cell === "GRU" || cell === "GRUResetAfter" ? { reset_after: cell !== "GRU" } : {}),
  };
}

function toSnakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function toTopology({ className, name, config, calls }: KerasLayer): Record<string, unknown> {
  return {
    class_name: className,
    name,
    config: { name, trainable: true, dtype: "float32", ...config },
    inbound_nodes: calls.map((call) => call.map((source) => [...source, {}])),
  };
}

function joinWeights(layers: readonly KerasLayer[]): Uint8Array<ArrayBuffer> {
  const values = layers.flatMap(({ weights }) => weights.map((weight) => weight.values));
  const view = new DataView(
    new ArrayBuffer(4 * values.reduce((sum, { length }) => sum + length, 0)),
  );
  let offset = 0;
  for (const part of values) {
    for (const value of part) {
      view.setFloat32(offset, value, true);
      offset += 4;
    }
  }
  return new Uint8Array(view.buffer);
}
