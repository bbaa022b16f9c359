import { LayersModel } from "@tensorflow/tfjs-layers";
import { ServiceError } from "../../lib/service_error.ts";
import type { Weight } from "../formats/graph.ts";
import { isRecord, refuse } from "../formats/tfjs_files.ts";
import type { LayersNetwork, LayerValue } from "../tensors.ts";
import type { KerasNetwork } from "./keras_network.ts";

type Layer = LayerValue["sourceLayer"];

/** What is known of the layers of a model and of those inside of its models. */
interface Frame {
  /** Settings of each layer, as Keras writes them. */
  configs: ReadonlyMap<Layer, Record<string, unknown>>;
  /** Names of layers of the result by the values that they give. */
  names: Map<LayerValue, string>;
}

/** Layers whose weights have other names than those that `KerasNetwork` gives. */
const UNSUPPORTED = ["Bidirectional", "TimeDistributed", "RNN", "LSTM", "GRU", "SimpleRNN"];

/**
 * Adds the layers that compute a value of a layers model, without the models inside of models that
 * Teachable Machine makes: TensorFlow.js cannot read what it writes when a sequential model stands
 * inside of a functional one.
 *
 * @param model has one input
 * @param from the layer of the result that gives that input
 * @param value of the model
 * @returns the name of the layer that gives the value
 * @throws {ServiceError} `unsupported_operator` for recurrent layers
 */
export function inlineLayers(
  network: KerasNetwork,
  { model, from, value }: { model: LayersNetwork; from: string; value: LayerValue },
): string {
  const [input] = model.inputs;
  const names = new Map(input ? [[input, from]] : []);
  return addValue(network, { value, frame: { configs: listConfigs(model), names } });
}

function addValue(
  network: KerasNetwork,
  { value, frame }: { value: LayerValue; frame: Frame },
): string {
  const known = frame.names.get(value);
  if (known !== undefined) return known;
  const inputs = value.inputs.map((each) => addValue(network, { value: each, frame }));
  const layer = value.sourceLayer;
  const name = layer instanceof LayersModel
    ? addNested(network, { value, inputs, frame })
    : addLayer(network, { value, inputs, frame });
  frame.names.set(value, name);
  return name;
}

interface AppliedLayer {
  /** What the layer gives. */
  value: LayerValue;
  /** Layers of the result that give what it takes. */
  inputs: string[];
  frame: Frame;
}

/** A model inside of the model: the same values may have other names each time that it is used. */
function addNested(network: KerasNetwork, { value, inputs, frame }: AppliedLayer): string {
  const nested = value.sourceLayer as LayersNetwork;
  const inner = nested.outputs[value.outputTensorIndex ?? 0];
  if (inner === undefined) throw refuse(`its network ${nested.name} gives no output`);
  const names = new Map(nested.inputs.map((each, index) => [each, inputs[index] ?? ""]));
  return addValue(network, { value: inner, frame: { ...frame, names } });
}

function addLayer(
  network: KerasNetwork,
  { value: { sourceLayer: layer }, inputs, frame }: AppliedLayer,
): string {
  const className = layer.getClassName();
  const config = frame.configs.get(layer);
  if (config === undefined || UNSUPPORTED.includes(className)) {
    throw new ServiceError(
      "unsupported_operator",
      `Cannot export model as layer "${layer.name}" (${className}) is not supported`,
    );
  }
  const { name: _name, ...settings } = config;
  const weights = layer.weights.map((variable): [string, Weight] => {
    const tensor = variable.read();
    // `layer/kernel`, or `scope/layer/kernel`.
    const part = variable.originalName.split("/").at(-1) ?? "";
    return [part, { shape: tensor.shape, values: Float32Array.from(tensor.dataSync()) }];
  });
  return network.add({ className, inputs, config: settings, weights: Object.fromEntries(weights) });
}

/** A sequential model's settings are the list of its layers, or hold it. */
function listConfigs(model: LayersNetwork): Map<Layer, Record<string, unknown>> {
  const { config } = model.toJSON(null, false) as { config: unknown };
  const written = Array.isArray(config) ? config : isRecord(config) ? config.layers : [];
  const configs = new Map<Layer, Record<string, unknown>>();
  for (const layer of model.layers) {
    if (layer instanceof LayersModel) {
      for (const [inner, settings] of listConfigs(layer)) configs.set(inner, settings);
      continue;
    }
    const entry = (Array.isArray(written) ? written : []).find((each: unknown) => {
      return isRecord(each) && isRecord(each.config) && each.config.name === layer.name;
    });
    if (entry) configs.set(layer, entry.config);
  }
  return configs;
}
