import { dispose, tidy } from "@tensorflow/tfjs-core";
import type { Tensor, Tensor2D } from "../tensors.ts";
import { inputsOf } from "./graph_fusion.ts";
import type { Graph, OutputActivation, ValueId } from "./graph.ts";
import { createKernel, type Kernel, reshape } from "./graph_kernels.ts";
import { type LoadedModel, type Prediction, requireInput } from "./loaded_model.ts";

interface Step {
  kernel: Kernel;
  output: ValueId;
  /** Values that no later step reads. */
  finished: ValueId[];
}

/** Runs a {@linkcode Graph} on the WASM backend, which must be the active one. */
export class GraphRunner implements LoadedModel {
  /** `[1, height, width, channels]`. */
  readonly inputShape: readonly number[];
  /** Length of one feature vector. */
  readonly featureLength: number;
  /** Length of one vector of logits. */
  readonly classCount: number;
  /** What the network itself applies to its logits. */
  readonly outputActivation: OutputActivation;
  readonly #graph: { input: ValueId; logits: ValueId; features: ValueId };
  /** `undefined` once the model is disposed. */
  #steps: Step[] | undefined;

  /** Uploads the weights; the graph can be dropped afterwards. */
  constructor(graph: Graph) {
    const { input, logits, features } = graph;
    this.inputShape = graph.inputShape;
    this.featureLength = graph.featureLength;
    this.classCount = graph.classCount;
    this.outputActivation = graph.outputActivation;
    this.#graph = { input, logits, features };
    this.#steps = planSteps(graph);
  }

  /**
   * Each intermediate value is freed as soon as its last reader has run.
   *
   * @param input `[n, height, width, channels]` float32; the caller keeps it
   * @returns tensors that the caller disposes
   * @throws {TypeError} if the input has another shape or type, or the model is disposed
   */
  predict(input: Tensor): Prediction {
    const steps = this.#steps;
    if (!steps) throw new TypeError("Cannot run model as it is disposed");
    requireInput(input, this.inputShape);
    const { logits, features } = this.#graph;
    const values = new Map<ValueId, Tensor>([[this.#graph.input, input]]);
    const read = (id: ValueId): Tensor => {
      const value = values.get(id);
      if (value === undefined) throw new RangeError(`Cannot run model as value ${id} is freed`);
      return value;
    };
    return tidy(() => {
      for (const { kernel, output, finished } of steps) {
        values.set(output, kernel.run(read));
        for (const id of finished) {
          read(id).dispose();
          values.delete(id);
        }
      }
      return {
        logits: reshape(read(logits), [this.classCount]) as Tensor2D,
        features: reshape(read(features), [this.featureLength]) as Tensor2D,
      };
    });
  }

  /** Frees the weights. */
  dispose(): void {
    for (const { kernel } of this.#steps ?? []) dispose(kernel.weights);
    this.#steps = undefined;
  }
}

function planSteps({ nodes, input, logits, features }: Graph): Step[] {
  const lastReader = new Map<ValueId, number>();
  for (const [index, node] of nodes.entries()) {
    for (const id of inputsOf(node)) lastReader.set(id, index);
  }
  // The caller keeps the input, and the results are read after the last step.
  for (const kept of [input, logits, features]) lastReader.delete(kept);
  const steps = nodes.map((node): Step => {
    return { kernel: createKernel(node), output: node.output, finished: [] };
  });
  for (const [id, index] of lastReader) steps[index]?.finished.push(id);
  return steps;
}
