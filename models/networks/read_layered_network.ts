import * as tf from "@tensorflow/tfjs-core";
import { loadLayersModel } from "@tensorflow/tfjs-layers";
import type { ModelFiles } from "../formats/loaded_model.ts";
import { readTfjsFiles, refuse } from "../formats/tfjs_files.ts";
import { toServiceError } from "../formats/tfjs_model.ts";
import { disposeVariables, variableNames } from "../formats/tfjs_variables.ts";
import { registerFusedLayers } from "../kernels/fused_layers.ts";
import {
  RECURRENT_ACTIVATIONS,
  RECURRENT_CELLS,
  type RecurrentActivation,
  type RecurrentCellName,
} from "../kernels/recurrent_cells.ts";
import type { LayersNetwork } from "../tensors.ts";
import type { LayeredNetwork, NetworkLayer } from "./layered_network.ts";

type Layer = LayersNetwork["layers"][number];

/**
 * Reads the layers of a TensorFlow.js layers model of embedding, recurrent and dense layers, with
 * their weights as float32. An activation of the last layer is left off, so that it gives logits.
 *
 * @param files `model.json` and the weight files that it lists
 * @throws {ServiceError} `model_unusable`, naming the layer that cannot be trained
 */
export async function readLayeredNetwork(files: ModelFiles): Promise<LayeredNetwork> {
  const { modelTopology, weightSpecs, weightData } = readTfjsFiles(files);
  const known = new Set(variableNames());
  registerFusedLayers();
  tf.engine().startScope();
  try {
    const artifacts = { modelTopology, weightSpecs, weightData };
    const model = await loadLayersModel({ load: () => Promise.resolve(artifacts) });
    const layers = model.layers.filter((layer) => layer.getClassName() !== "InputLayer");
    return { layers: requireOrder(layers.map(readLayer)) };
  } catch (error) {
    throw toServiceError(error);
  } finally {
    disposeVariables(variableNames().filter((name) => !known.has(name)));
    tf.engine().endScope();
  }
}

function readLayer(layer: Layer, index: number, layers: readonly Layer[]): NetworkLayer {
  const name = layer.getClassName();
  if (name === "Embedding") return readEmbedding(layer);
  if (name in RECURRENT_CELLS) return readRecurrent(layer, name as RecurrentCellName);
  if (name === "Dense") return readDense(layer, index === layers.length - 1);
  throw refuse(
    "its layers must be Embedding, SimpleRNN, LSTM, GRU and Dense to be trained: " +
      `found ${name} at ${layer.name}`,
  );
}

function readEmbedding(layer: Layer): NetworkLayer {
  const { inputDim, outputDim, maskZero } = layer.getConfig();
  if (maskZero) throw refuse(`layer ${layer.name} must not mask token 0 to be trained`);
  const [weights] = readWeights(layer, 1);
  return { kind: "embedding", tokens: Number(inputDim), units: Number(outputDim), weights };
}

function readRecurrent(layer: Layer, name: RecurrentCellName): NetworkLayer {
  const { goBackwards, stateful, useBias, resetAfter, units, ...config } = layer.getConfig();
  if (goBackwards || stateful || useBias === false) {
    throw refuse(`layer ${layer.name} must read forwards from a state of zeros, with a bias`);
  }
  const { activation, recurrentActivation } = config;
  const [kernel, recurrentKernel, bias] = readWeights(layer, 3);
  return {
    kind: "recurrent",
    cell: resetAfter ? "GRUResetAfter" : name,
    inputs: layer.getWeights()[0]?.shape[0] ?? 0,
    units: Number(units),
    activation: readActivation(activation),
    recurrentActivation: readActivation(recurrentActivation ?? activation),
    kernel,
    recurrentKernel,
    bias,
  };
}

function readDense(layer: Layer, isLast: boolean): NetworkLayer {
  const { units, activation, useBias } = layer.getConfig();
  const isKnown = activation === "linear" || activation === (isLast ? "softmax" : "relu");
  if (!isKnown || useBias === false) {
    throw refuse(
      `layer ${layer.name} must have a bias and end in linear or ${isLast ? "softmax" : "relu"}: ` +
        `found ${activation}`,
    );
  }
  const [weights, bias] = readWeights(layer, 2);
  return {
    kind: "dense",
    inputs: layer.getWeights()[0]?.shape[0] ?? 0,
    units: Number(units),
    activation: activation === "relu" ? "relu" : "linear",
    weights,
    bias,
  };
}

type Floats = Float32Array<ArrayBuffer>;

function readWeights<Count extends 1 | 2 | 3>(
  layer: Layer,
  count: Count,
): Count extends 1 ? [Floats] : Count extends 2 ? [Floats, Floats] : [Floats, Floats, Floats] {
  const weights = layer.getWeights();
  if (weights.length !== count) {
    throw refuse(`layer ${layer.name} must have ${count} weights: found ${weights.length}`);
  }
  // Copies, as the data may lie in the memory of the backend.
  return weights.map((weight) => Float32Array.from(weight.dataSync())) as never;
}

function readActivation(name: unknown): RecurrentActivation {
  const activation = RECURRENT_ACTIVATIONS.find((each) => each === name);
  if (activation) return activation;
  throw refuse(`its activations must be ${RECURRENT_ACTIVATIONS.join(", ")}: found ${name}`);
}

/** Embedding first, dense layers last; TensorFlow.js has checked that their sizes fit. */
function requireOrder(layers: NetworkLayer[]): NetworkLayer[] {
  const ranks = layers.map(({ kind }) => ["embedding", "recurrent", "dense"].indexOf(kind));
  const isOrdered = ranks.every((rank, index) => index === 0 || (ranks[index - 1] ?? 0) <= rank);
  const embeddings = ranks.filter((rank) => rank === 0).length;
  if (isOrdered && embeddings <= 1 && ranks.at(-1) === 2) return layers;
  throw refuse(
    "its layers must be one embedding at most, then recurrent, then dense ones to be trained: " +
      `found ${layers.map(({ kind }) => kind).join(", ")}`,
  );
}
