import { type GraphModel, loadGraphModelSync } from "@tensorflow/tfjs-converter";
import * as tf from "@tensorflow/tfjs-core";
import { ServiceError } from "../../lib/service_error.ts";
import type { OutputActivation } from "./graph.ts";
import type { LoadedModel, ModelFiles } from "./loaded_model.ts";
import { readTfjsNodes, type TfjsNode } from "./tfjs_attributes.ts";
import { isRecord, readTfjsFiles, refuse } from "./tfjs_files.ts";
import {
  createTfjsModel,
  readInputShape,
  requireOneVector,
  toServiceError,
  unsupported,
} from "./tfjs_model.ts";

type Topology = ReadonlyMap<string, TfjsNode>;

/** Operations that change no number, so that the search for the last layers looks through them. */
const TRANSPARENT = ["Identity", "Reshape", "Squeeze"];
/** Operations that add the bias behind a dense layer, where what they add is a constant. */
const BIASES = ["BiasAdd", "Add", "AddV2"];
/** What a recurrent layer becomes in a graph: one node in newer files, several in older ones. */
const LOOPS = ["While", "StatelessWhile", "Enter", "LoopCond", "NextIteration"];
const OUTPUT_ACTIVATIONS: ReadonlyMap<string, OutputActivation> = new Map([
  ["Softmax", "softmax"],
  ["Sigmoid", "sigmoid"],
]);

/**
 * Loads a graph model of TensorFlow.js (`tensorflowjs_converter`, TF Hub): one image in, one
 * vector out.
 *
 * @param files `model.json` and the weight files that it lists
 * @throws {ServiceError} `unsupported_operator`, naming the node, or `model_unusable`
 */
export function loadTfjsGraphModel(files: ModelFiles): LoadedModel {
  const artifacts = readTfjsFiles(files);
  const topology = readTopology(artifacts.modelTopology);
  requireNoLoop(topology);
  const model = loadModel(artifacts);
  try {
    const [input, output] = [model.inputs[0], model.outputs[0]];
    if (input === undefined || output === undefined || model.inputs.length > 1) {
      throw refuse(`it must have one input: found ${model.inputs.length}`);
    }
    if (model.outputs.length > 1) {
      throw refuse(`it must have one output: found ${model.outputs.length}`);
    }
    if (input.dtype !== "float32") throw refuse(`its input must be float32: found ${input.dtype}`);
    const inputShape = readInputShape(input.shape);
    const run = (x: tf.Tensor, names: string[]) => {
      return [model.execute({ [input.name]: x }, names)].flat();
    };
    const shapeOf = (name: string) => {
      return tf.tidy(() => run(tf.zeros(inputShape), [name])[0]?.shape ?? []);
    };
    const { logits, outputActivation } = findLogits(output.name, topology);
    if (outputActivation === "softmax") requireOneVector(shapeOf(logits));
    const features = findFeatures(logits, { topology, shapeOf });
    return createTfjsModel({
      inputShape,
      outputActivation,
      run: (x) => {
        const [first, second] = run(x, [logits, features]);
        if (!first || !second) throw refuse("it gives no output");
        return { logits: first, features: second };
      },
      free: () => model.dispose(),
    });
  } catch (error) {
    model.dispose();
    throw nameNode(error, topology);
  }
}

function readTopology(modelTopology: Record<string, unknown>): Topology {
  if (!isRecord(modelTopology.versions)) {
    throw refuse(`"modelTopology" must hold the "versions" of a graph model`);
  }
  const topology = new Map(readTfjsNodes(modelTopology).map((node) => [node.name, node]));
  const missing = [...topology.values()].flatMap((node) => node.inputs)
    .find((name) => !topology.has(name));
  if (missing !== undefined) throw refuse(`a node reads "${missing}", which does not exist`);
  return topology;
}

/** Over series `loadTfjsGraphSequenceModel()` reads them. */
function requireNoLoop(topology: Topology): void {
  const loop = [...topology.values()].find(({ op }) => LOOPS.includes(op));
  if (!loop) return;
  throw new ServiceError(
    "unsupported_operator",
    "Cannot use TensorFlow.js model as a graph whose input is no series must have no loop over " +
      `time: node "${loop.name}" is ${loop.op}`,
  );
}

/** The weights are kept only if the whole model loads. */
function loadModel(artifacts: ReturnType<typeof readTfjsFiles>): GraphModel {
  const loaded: { model?: GraphModel } = {};
  try {
    tf.tidy(() => {
      const { signature, ...rest } = artifacts;
      const model = loadGraphModelSync(signature ? { ...rest, signature } : rest);
      Object.values(model.weights).flat().forEach((weight) => tf.keep(weight));
      loaded.model = model as unknown as GraphModel;
    });
  } catch (error) {
    throw toServiceError(error);
  }
  if (!loaded.model) throw refuse("it does not load");
  return loaded.model;
}

function findLogits(
  output: string,
  topology: Topology,
): { logits: string; outputActivation: OutputActivation } {
  const last = skipBack(output, { topology, biases: false });
  const outputActivation = OUTPUT_ACTIVATIONS.get(last?.op ?? "");
  const logits = last?.inputs[0];
  if (!outputActivation || logits === undefined) {
    return { logits: output, outputActivation: "linear" };
  }
  return { logits, outputActivation };
}

/** The input of the last dense layer; the logits where the graph does not end in one. */
function findFeatures(
  logits: string,
  { topology, shapeOf }: { topology: Topology; shapeOf(name: string): number[] },
): string {
  const last = skipBack(logits, { topology, biases: true });
  const input = last?.inputs[0];
  if (last === undefined || input === undefined) return logits;
  if (last.op === "MatMul" || last.op === "_FusedMatMul") return input;
  if (last.op === "Conv2D" || last.op === "_FusedConv2D") {
    const [, height, width] = shapeOf(input);
    if (height === 1 && width === 1) return input;
  }
  return logits;
}

function skipBack(
  name: string,
  { topology, biases }: { topology: Topology; biases: boolean },
): TfjsNode | undefined {
  const isSkipped = ({ op, inputs: [, added = ""] }: TfjsNode) => {
    if (TRANSPARENT.includes(op)) return true;
    return biases && BIASES.includes(op) && topology.get(added)?.op === "Const";
  };
  let node = topology.get(name);
  // A sound graph has no cycle, so it cannot take more steps than there are nodes.
  for (let steps = 0; node && isSkipped(node) && steps < topology.size; steps++) {
    node = topology.get(node.inputs[0] ?? "");
  }
  return node;
}

/** TensorFlow.js names the operation that it lacks; the graph tells where it stands. */
function nameNode(error: unknown, topology: Topology): Error {
  const message = error instanceof Error ? error.message : "";
  const op = message.match(/Unknown op '([^']+)'/)?.[1] ??
    message.match(/has the dynamic op '([^']+)'/)?.[1];
  const node = [...topology.values()].find((each) => each.op === op);
  return node ? unsupported(`node "${node.name}" (${node.op})`, error) : toServiceError(error);
}
