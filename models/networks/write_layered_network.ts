import { toSnakeCase } from "../../lib/rename_keys.ts";
import type { NamedWeight } from "../export/keras_network.ts";
import { storeWeights } from "../export/weight_storage.ts";
import { RECURRENT_CELLS } from "../kernels/recurrent_cells.ts";
import type { LayeredNetwork, NetworkLayer, RecurrentLayer } from "./layered_network.ts";

/** A layer of Keras with its weights. */
interface KerasLayer {
  className: string;
  name: string;
  config: Record<string, unknown>;
  weights: NamedWeight[];
}

const ZEROS = { class_name: "Zeros", config: {} };

/**
 * Writes a network over sequences as a layers model of TensorFlow.js, which the service loads, and
 * `tf.loadLayersModel()` where it knows all cells. It ends in a softmax after the last step. The same
 * network always gives the same bytes.
 *
 * @returns `model.json` and `weights.bin`, float32 little endian
 * @throws {TypeError} if there is no recurrent layer: a network over vectors is stored as a head
 */
export function writeLayeredNetwork(
  { layers }: LayeredNetwork,
): Map<"model.json" | "weights.bin", Uint8Array<ArrayBuffer>> {
  const lastRecurrent = layers.findLast((layer) => layer.kind === "recurrent");
  if (!lastRecurrent) {
    throw new TypeError("Cannot write network as it must have a recurrent layer: it has none");
  }
  const written = layers.map((layer, index) =>
    writeLayer(layer, { name: `${layer.kind}_${index}`, isLast: layer === lastRecurrent })
  );
  const { specs, bytes } = storeWeights(written.flatMap(({ weights }) => weights), "float32");
  const model = {
    format: "layers-model",
    generatedBy: "lastlayer",
    convertedBy: null,
    modelTopology: writeTopology([writeInput(layers[0] as NetworkLayer), ...written]),
    weightsManifest: [{ paths: ["weights.bin"], weights: specs }],
  };
  return new Map([
    ["model.json", new TextEncoder().encode(JSON.stringify(model))],
    ["weights.bin", bytes],
  ]);
}

/** Each layer reads the one before. */
function writeTopology(layers: readonly KerasLayer[]): Record<string, unknown> {
  const config = {
    name: "network",
    layers: layers.map(({ className, name, config }, index) => ({
      class_name: className,
      name,
      config: { name, trainable: true, dtype: "float32", ...config },
      inbound_nodes: index === 0 ? [] : [[[layers[index - 1]?.name, 0, 0, {}]]],
    })),
    input_layers: [[layers[0]?.name, 0, 0]],
    output_layers: [[layers.at(-1)?.name, 0, 0]],
  };
  return {
    keras_version: "2.15.0",
    backend: "tensorflow",
    model_config: { class_name: "Functional", config },
  };
}

function writeInput(first: NetworkLayer): KerasLayer {
  const [name, shape, dtype] = first.kind === "embedding"
    ? ["tokens", [null, null], "int32"]
    : ["series", [null, null, first.inputs], "float32"];
  const config = { batch_input_shape: shape, dtype, sparse: false };
  return { className: "InputLayer", name: name as string, config, weights: [] };
}

function writeLayer(
  layer: NetworkLayer,
  { name, isLast }: { name: string; isLast: boolean },
): KerasLayer {
  switch (layer.kind) {
    case "embedding": {
      const { tokens, units, weights } = layer;
      const config = { input_dim: tokens, output_dim: units, mask_zero: false };
      const shape = [tokens, units];
      return {
        className: "Embedding",
        name,
        config: { ...config, embeddings_initializer: ZEROS },
        weights: [{ name: `${name}/embeddings`, shape, values: weights }],
      };
    }
    case "recurrent": {
      const { cell, inputs, units, kernel, recurrentKernel, bias } = layer;
      const { gates, hasRecurrentBias } = RECURRENT_CELLS[cell];
      const columns = gates * units;
      const biasShape = hasRecurrentBias ? [2, columns] : [columns];
      return {
        className: cell === "GRUResetAfter" ? "GRU" : cell,
        name,
        config: { ...writeRecurrentConfig(layer), return_sequences: !isLast },
        weights: [
          { name: `${name}/kernel`, shape: [inputs, columns], values: kernel },
          { name: `${name}/recurrent_kernel`, shape: [units, columns], values: recurrentKernel },
          { name: `${name}/bias`, shape: biasShape, values: bias },
        ],
      };
    }
    case "dense": {
      const { inputs, units, weights, bias } = layer;
      return {
        className: "Dense",
        name,
        config: {
          units,
          activation: "softmax",
          use_bias: true,
          kernel_initializer: ZEROS,
          bias_initializer: ZEROS,
        },
        weights: [
          { name: `${name}/kernel`, shape: [inputs, units], values: weights },
          { name: `${name}/bias`, shape: [units], values: bias },
        ],
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
    return_state: false,
    go_backwards: false,
    stateful: false,
    unroll: false,
    // The weights are loaded at once, so nobody needs random numbers before.
    kernel_initializer: ZEROS,
    recurrent_initializer: ZEROS,
    bias_initializer: ZEROS,
    ...(cell === "SimpleRNN" ? {} : { recurrent_activation: toSnakeCase(recurrentActivation) }),
    ...(cell === "LSTM" ? { unit_forget_bias: false } : {}),
    ...(cell === "GRU" || cell === "GRUResetAfter" ? { reset_after: cell !== "GRU" } : {}),
  };
}
