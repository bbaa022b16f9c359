import { VERSION } from "../../lib/version.ts";
import type { Graph } from "../formats/graph.ts";
import type { DenseHead } from "../heads/dense_head.ts";
import { findHeadFault } from "../heads/head_faults.ts";
import type { ImageInput } from "../image_input.ts";
import { addGraphLayers } from "./graph_layers.ts";
import { type InputConvention, startNetwork } from "./input_layers.ts";
import type { KerasNetwork } from "./keras_network.ts";
import { storeWeights, type WeightStorage } from "./weight_storage.ts";

/** A model to be exported. */
export interface ExportableModel {
  /** Its name, for `metadata.json`. */
  name: string;
  /** The network up to the feature vector, and to the logits of its own where it has no head. */
  graph: Graph;
  /** What takes the place of the network's own last layers. */
  head?: DenseHead | undefined;
  /** One for each output. */
  labels: readonly string[];
  /** How the service makes the network's input from a picture. */
  input: ImageInput;
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

/** What Teachable Machine's library was read at, for `metadata.json`. */
const TEACHABLE_MACHINE_VERSION = "0.8.5";
const TFJS_VERSION = "4.22.0";

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
  requireFit(model);
  const { convention = "teachable-machine", storage = "float32", createdAt } = options;
  const { network, output, inputShape } = startNetwork(model.input, convention);
  const logits = addLogits(network, { model, from: output });
  const scores = network.add({ className: "Softmax", inputs: [logits], config: { axis: -1 } });
  const { specs, bytes } = storeWeights(network.weights, storage);
  const [imageSize, , channels] = inputShape;
  const generatedBy = `lastlayer ${VERSION}`;
  const preprocessing = convention === "network" ? model.input : undefined;
  return new Map([
    [
      "model.json",
      encodeJson({
        format: "layers-model",
        generatedBy,
        convertedBy: null,
        modelTopology: network.toTopology(scores),
        weightsManifest: [{ paths: ["weights.bin"], weights: specs }],
        userDefinedMetadata: { labels: model.labels },
      }),
    ],
    ["weights.bin", bytes],
    [
      "metadata.json",
      encodeJson({
        tfjsVersion: TFJS_VERSION,
        packageName: "@teachablemachine/image",
        packageVersion: TEACHABLE_MACHINE_VERSION,
        timeStamp: createdAt.toISOString(),
        modelName: model.name,
        labels: model.labels,
        imageSize,
        grayscale: channels === 1,
        userMetadata: { generatedBy, ...(preprocessing ? { preprocessing } : {}) },
      }),
    ],
  ]);
}

/** `[n, classes]`, before the softmax. */
function addLogits(
  network: KerasNetwork,
  { model: { graph, head }, from }: { model: ExportableModel; from: string },
): string {
  const value = head ? graph.features : graph.logits;
  const last = addGraphLayers(network, { graph, from, value });
  const isVector = graph.shapes.get(value)?.length === 2;
  let name = isVector ? last : network.add({ className: "Flatten", inputs: [last] });
  for (const { inputs, units, weights, bias, activation } of head?.layers ?? []) {
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

function requireFit({ graph, head, labels, input }: ExportableModel): void {
  const fault = head && findHeadFault(head);
  if (fault !== undefined) throw new TypeError(`Cannot export model as of its head: ${fault}`);
  const inputs = head?.layers[0]?.inputs ?? graph.featureLength;
  if (inputs !== graph.featureLength) {
    throw new TypeError(
      `Cannot export model as its head must take ${graph.featureLength} features: found ${inputs}`,
    );
  }
  const classCount = head?.layers.at(-1)?.units ?? graph.classCount;
  if (labels.length !== classCount) {
    throw new TypeError(
      `Cannot export model as it must have ${classCount} labels: found ${labels.length}`,
    );
  }
  const declared = [1, input.height, input.width, input.channels].join(", ");
  if (graph.inputShape.join(", ") !== declared) {
    throw new TypeError(
      `Cannot export model as its input must be [${graph.inputShape.join(", ")}]: ` +
        `found [${declared}]`,
    );
  }
}

function encodeJson(value: unknown): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(JSON.stringify(value));
}
