import {
  type layers,
  LayersModel,
  model as createModel,
  type SymbolicTensor,
} from "@tensorflow/tfjs-layers";
import type { LayersNetwork } from "../tensors.ts";
import type { OutputActivation } from "./graph.ts";
import { keepLayersModel } from "./keep_layers_model.ts";
import { requireLayerSizes } from "./layer_sizes.ts";
import type { LoadedModel, ModelFiles } from "./loaded_model.ts";
import { refuse } from "./tfjs_files.ts";
import { createTfjsModel, readInputShape, requireOneVector } from "./tfjs_model.ts";

/** Layers that change no number while the network is used, so that the search looks through them. */
const TRANSPARENT = ["Dropout", "Flatten", "Reshape"];

type LayerClass = new (config: Record<string, unknown>) => layers.Layer;

/** The end of a network, taken apart. */
interface NetworkEnd {
  logits: SymbolicTensor;
  features: SymbolicTensor;
  outputActivation: OutputActivation;
}

/**
 * Loads a layers model of TensorFlow.js (Keras, Teachable Machine): one input, one vector out. A
 * softmax or sigmoid at its end is taken off, so that it gives logits.
 *
 * @param files `model.json` and the weight files that it lists
 * @throws {ServiceError} `unsupported_operator`, naming the layer, or `model_unusable`
 */
export async function loadTfjsLayersModel(files: ModelFiles): Promise<LoadedModel> {
  return await keepLayersModel(files, (whole, free) => {
    const { network, outputActivation } = takeApart(whole);
    const inputShape = readInputShape(whole.inputs[0]?.shape);
    requireLayerSizes(whole, inputShape);
    return createTfjsModel({
      inputShape,
      outputActivation,
      run: (x) => {
        const [logits, features = logits] = [network.predictOnBatch(x)].flat();
        if (!logits || !features) throw refuse("it gives no output");
        return { logits, features };
      },
      free,
    });
  });
}

/**
 * A network that gives logits and features; only logits where they are one and the same.
 *
 * @throws {ServiceError} `model_unusable` if it has more than one input or output
 */
export function takeApart(
  whole: LayersNetwork,
): { network: LayersNetwork; outputActivation: OutputActivation } {
  const [output] = whole.outputs;
  if (output === undefined || whole.inputs.length !== 1 || whole.outputs.length !== 1) {
    throw refuse(
      `it must have one input and one output: found ${whole.inputs.length} and ` +
        `${whole.outputs.length}`,
    );
  }
  const { logits, features, outputActivation } = findEnd(output);
  const outputs = features === logits ? [logits] : [logits, features];
  return { network: createModel({ inputs: whole.inputs, outputs }), outputActivation };
}

/** Walks back from an output to the last dense layer, through nested models. */
function findEnd(output: SymbolicTensor): NetworkEnd {
  const plain: NetworkEnd = { logits: output, features: output, outputActivation: "linear" };
  const layer = output.sourceLayer;
  const [input] = output.inputs;
  if (input === undefined) return plain;
  const kind = layer.getClassName();
  if (layer instanceof LayersModel) return findNestedEnd(layer, input) ?? plain;
  if (kind === "Dense") return findDenseEnd(output, input);
  if (kind === "Conv2D") {
    const end = findDenseEnd(output, input);
    const isOnePlace = input.shape[1] === 1 && input.shape[2] === 1;
    return isOnePlace ? end : { ...end, features: end.logits };
  }
  const activation = kind === "Softmax" ? "softmax" : layer.getConfig().activation;
  if (kind === "Softmax" || (kind === "Activation" && isOutputActivation(activation))) {
    if (activation === "softmax") requireOneVector(output.shape);
    const end = findEnd(input);
    // One that is inside already belongs to the numbers that this one is applied to.
    const logits = end.outputActivation === "linear" ? end.logits : input;
    return { ...end, logits, outputActivation: activation as OutputActivation };
  }
  if (TRANSPARENT.includes(kind)) {
    const end = findEnd(input);
    return { ...end, logits: layer.apply(end.logits) as SymbolicTensor };
  }
  return plain;
}

/** The same dense layer or convolution without its activation; it copies the weights. */
function findDenseEnd(output: SymbolicTensor, features: SymbolicTensor): NetworkEnd {
  const dense = output.sourceLayer;
  const { activation, ...config } = dense.getConfig();
  if (!isOutputActivation(activation)) {
    return { logits: output, features, outputActivation: "linear" };
  }
  if (activation === "softmax") requireOneVector(output.shape);
  const linear = new (dense.constructor as LayerClass)({
    ...config,
    // Named after the old one, as default names may collide with names in the file.
    name: `${dense.name}_logits`,
    kernelInitializer: "zeros",
    biasInitializer: "zeros",
  });
  const logits = linear.apply(features) as SymbolicTensor;
  linear.setWeights(dense.getWeights());
  return { logits, features, outputActivation: activation };
}

function findNestedEnd(nested: LayersModel, input: SymbolicTensor): NetworkEnd | undefined {
  const [output] = nested.outputs;
  if (output === undefined || nested.outputs.length > 1) return undefined;
  const { logits, features, outputActivation } = findEnd(output);
  if (logits === output && features === output) return undefined;
  const open = createModel({
    name: `${nested.name}_end`,
    inputs: nested.inputs,
    outputs: features === logits ? [logits] : [logits, features],
  });
  const [outerLogits, outerFeatures = outerLogits] = [open.apply(input)].flat() as SymbolicTensor[];
  if (!outerLogits || !outerFeatures) return undefined;
  return { logits: outerLogits, features: outerFeatures, outputActivation };
}

function isOutputActivation(name: unknown): name is "softmax" | "sigmoid" {
  return name === "softmax" || name === "sigmoid";
}
