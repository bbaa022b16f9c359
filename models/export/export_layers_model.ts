import type { Graph } from "../formats/graph.ts";
import type { DenseHead } from "../heads/dense_head.ts";
import { findHeadFault } from "../heads/head_faults.ts";
import type { ImageInput } from "../image_input.ts";
import { addGraphLayers } from "./graph_layers.ts";
import { type InputConvention, startNetwork } from "./input_layers.ts";
import type { KerasNetwork } from "./keras_network.ts";
import { writeTeachableFiles } from "./teachable_files.ts";
import { storeWeights, type WeightStorage } from "./weight_storage.ts";

/** What is said of a model that is exported, besides its network. */
export interface DescribedModel {
  /** Its name, for `metadata.json`. */
  name: string;
  /** What takes the place of the network's own last layers. */
  head?: DenseHead | undefined;
  /** One for each output. */
  labels: readonly string[];
  /** How the service makes the network's input from a picture. */
  input: ImageInput;
}

/** A model to be exported whose network is a graph. */
export interface ExportableModel extends DescribedModel {
  /** The network up to the feature vector, and to the logits of its own where it has no head. */
  graph: Graph;
}

/** Choices of {@linkcode exportLayersModel}. */
export interface ExportOptions {
  /** What the exported model takes; what Teachable Machine's library gives, when absent. */
  convention?: InputConvention;
  /** How weights are stored; `float32` when absent. */
  storage?: WeightStorage;
  /** For `metadata.json`. */
  createdAt: Date;
}

/**
 * Makes one layers model of a backbone and a head, from picture to softmax, that
 * `tf.loadLayersModel()` and Teachable Machine's image library load.
 *
 * @returns `model.json`, `weights.bin` and `metadata.json`, for `zipFiles()`
 * @throws {ServiceError} `unsupported_operator`, naming a node that Keras has no layer for
 * @throws {TypeError} if head, labels and input do not fit the graph
 */
export function exportLayersModel(
  model: ExportableModel,
  options: ExportOptions,
): Map<string, Uint8Array<ArrayBuffer>> {
  requireFit(model, model.graph);
  const { convention = "teachable-machine", storage = "float32", createdAt } = options;
  const { network, output, inputShape } = startNetwork(model.input, convention);
  const logits = addLogits(network, { model, from: output });
  const scores = network.add({ className: "Softmax", inputs: [logits], config: { axis: -1 } });
  return writeTeachableFiles(model, {
    topology: network.toTopology(scores),
    stored: storeWeights(network.weights, storage),
    inputShape,
    createdAt,
    ...(convention === "network" ? { preprocessing: model.input } : {}),
  });
}

/** `[n, classes]`, before the softmax. */
function addLogits(
  network: KerasNetwork,
  { model: { graph, head }, from }: { model: ExportableModel; from: string },
): string {
  const value = head ? graph.features : graph.logits;
  const last = addGraphLayers(network, { graph, from, value });
  const isVector = graph.shapes.get(value)?.length === 2;
  const vector = isVector ? last : network.add({ className: "Flatten", inputs: [last] });
  return head ? addHeadLayers(network, { head, from: vector }) : vector;
}

/**
 * Adds the dense layers of a head.
 *
 * @param from the layer that gives the feature vector
 * @returns the layer that gives the logits
 */
export function addHeadLayers(
  network: KerasNetwork,
  { head, from }: { head: DenseHead; from: string },
): string {
  let name = from;
  for (const { inputs, units, weights, bias, activation } of head.layers) {
    name = network.add({
      className: "Dense",
      inputs: [name],
      config: { units, use_bias: true, activation },
      weights: {
        kernel: { shape: [inputs, units], values: weights },
        bias: { shape: [units], values: bias },
      },
    });
  }
  return name;
}

/**
 * Checks that a head, labels and an input fit a backbone.
 *
 * @throws {TypeError} saying which does not
 */
export function requireFit(
  { head, labels, input }: DescribedModel,
  backbone: Pick<Graph, "inputShape" | "featureLength" | "classCount">,
): void {
  const fault = head && findHeadFault(head);
  if (fault !== undefined) throw new TypeError(`Cannot export model as of its head: ${fault}`);
  const inputs = head?.layers[0]?.inputs ?? backbone.featureLength;
  if (inputs !== backbone.featureLength) {
    throw new TypeError(
      `Cannot export model as its head must take ${backbone.featureLength} features: found ${inputs}`,
    );
  }
  const classCount = head?.layers.at(-1)?.units ?? backbone.classCount;
  if (labels.length !== classCount) {
    throw new TypeError(
      `Cannot export model as it must have ${classCount} labels: found ${labels.length}`,
    );
  }
  const declared = [1, input.height, input.width, input.channels].join(", ");
  if (backbone.inputShape.join(", ") !== declared) {
    throw new TypeError(
      `Cannot export model as its input must be [${backbone.inputShape.join(", ")}]: ` +
        `found [${declared}]`,
    );
  }
}
