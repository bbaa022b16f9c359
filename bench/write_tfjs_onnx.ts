import * as tf from "@tensorflow/tfjs-core";
import type { ModelFiles } from "../models/formats/loaded_model.ts";
import {
  readIntegers,
  readShape,
  readText,
  readTexts,
  readTfjsNodes,
  type TfjsNode,
} from "../models/formats/tfjs_attributes.ts";
import { readTfjsFiles } from "../models/formats/tfjs_files.ts";
import {
  describeOnnxValue,
  makeOnnxConstant,
  makeOnnxInteger,
  makeOnnxIntegers,
  makeOnnxList,
  makeOnnxPads,
  type OnnxMessage,
  padSame,
  writeOnnxGraph,
} from "./onnx_messages.ts";
import { toChannelsFirst } from "./write_onnx.ts";

const ATTRIBUTE_STRING = 3;

/** A computed value: its shape as TensorFlow has it, channels last; in the ONNX file they are first. */
interface Value {
  name: string;
  shape: number[];
}

/**
 * Writes a graph model of TensorFlow.js as an ONNX file with the same weights, batch 1, channels
 * first: `input`, and `logits` (before a softmax; pictures channels last). Knows what the picture
 * models that ship are made of.
 *
 * @throws {RangeError} for a node of another kind
 */
export async function writeTfjsOnnx(files: ModelFiles, path: string): Promise<void> {
  const { modelTopology, weightData, weightSpecs } = readTfjsFiles(files);
  const weights = tf.io.decodeWeights(weightData, weightSpecs);
  const nodes = readTfjsNodes(modelTopology);
  const writer = new TfjsOnnxWriter(weights);
  for (const node of nodes) writer.write(node);
  await writeOnnxGraph(
    writer.finish(nodes.findLast(({ op }) => op !== "Softmax")?.name ?? ""),
    path,
  );
  tf.dispose(weights);
}

class TfjsOnnxWriter {
  readonly #weights: tf.NamedTensorMap;
  readonly #values = new Map<string, Value>();
  readonly #nodes: OnnxMessage[] = [];
  readonly #initializers: OnnxMessage[] = [];
  #input: OnnxMessage = {};
  /** Known once all nodes are written. */
  #output: Value | undefined;

  constructor(weights: tf.NamedTensorMap) {
    this.#weights = weights;
  }

  write(node: TfjsNode): void {
    const { name, op, inputs } = node;
    const [first, second] = inputs.map((input) => this.#values.get(input));
    if (op === "Const" || op === "Softmax") return;
    if (op === "Placeholder") {
      const shape = [1, ...readShape(node, "shape").slice(1)];
      this.#values.set(name, { name: "input", shape });
      this.#input = describeOnnxValue("input", toOnnxShape(shape));
      return;
    }
    if (!first) throw new RangeError(`Cannot write ONNX as ${name} reads a constant`);
    switch (op) {
      case "_FusedConv2D":
        return this.#writeConvolution(node, first);
      case "_FusedMatMul": {
        const parts = ["kernel", "bias"].map((part, i) => {
          const { shape, values } = this.#read(inputs[i + 1] ?? "");
          return this.#addFloats(`${name}_${part}`, shape, values);
        });
        const shape = [1, this.#read(inputs[2] ?? "").shape[0] ?? 0];
        return void this.#add("Gemm", [first.name, ...parts], { name, shape });
      }
      case "AddV2":
        return void this.#add("Add", [first.name, second?.name ?? ""], {
          name,
          shape: first.shape,
        });
      case "Relu":
        return void this.#add("Relu", [first.name], { name, shape: first.shape });
      case "Mean": {
        const pooled = this.#add("GlobalAveragePool", [first.name], {
          name: `${name}_pooled`,
          shape: [],
        });
        return void this.#add("Flatten", [pooled], { name, shape: [1, first.shape[3] ?? 0] });
      }
      case "AvgPool": {
        const [, height = 1, width = 1] = readIntegers(node, "ksize");
        const [, inputHeight = 0, inputWidth = 0, channels = 0] = first.shape;
        const shape = [1, inputHeight / height, inputWidth / width, channels];
        const sizes = [height, width];
        return void this.#add("AveragePool", [first.name], { name, shape }, [
          makeOnnxList("kernel_shape", sizes),
          makeOnnxList("strides", sizes),
        ]);
      }
      case "Reshape": {
        const shape = [...this.#read(inputs[1] ?? "").values];
        return this.#writeReshape(first, { name, shape: [1, ...shape.slice(1)] });
      }
      case "DepthToSpace": {
        const size = Number((node.attributes.block_size as { i: string }).i);
        const [, height = 0, width = 0, channels = 0] = first.shape;
        const shape = [1, height * size, width * size, channels / size ** 2];
        return void this.#add("DepthToSpace", [first.name], { name, shape }, [
          makeOnnxInteger("blocksize", size),
          { name: "mode", s: new TextEncoder().encode("DCR"), type: ATTRIBUTE_STRING },
        ]);
      }
    }
    throw new RangeError(`Cannot write ONNX as this is not supported: ${name} (${op})`);
  }

  /** The whole graph, whose output is the value of a node. */
  finish(output: string): OnnxMessage {
    const last = this.#values.get(output);
    if (!last) throw new RangeError(`Cannot write ONNX as it has no ${output}`);
    const length = last.shape.reduce((product, size) => product * size, 1);
    this.#output = { name: "logits", shape: [1, length] };
    this.#writeReshape(last, this.#output);
    return {
      name: "graph",
      node: this.#nodes,
      initializer: this.#initializers,
      input: [this.#input],
      output: [describeOnnxValue("logits", [1, length])],
    };
  }

  #writeConvolution(node: TfjsNode, input: Value): void {
    const { name, inputs } = node;
    const filter = this.#read(inputs[1] ?? "");
    const [kernelHeight = 1, kernelWidth = 1, , outputs = 0] = filter.shape;
    const strides = readIntegers(node, "strides").slice(1, 3);
    const kernel = [kernelHeight, kernelWidth];
    if (readText(node, "padding") !== "SAME") throw new RangeError(`${name} must be padded SAME`);
    const sizes = [0, 1].map((axis) =>
      Math.ceil((input.shape[axis + 1] ?? 0) / (strides[axis] ?? 1))
    );
    const pads = [0, 1].map((axis) =>
      padSame(input.shape[axis + 1] ?? 0, { reach: kernel[axis] ?? 1, stride: strides[axis] ?? 1 })
    );
    const turned = toChannelsFirst(filter, false);
    const bias = this.#read(inputs[2] ?? "");
    const names = [
      input.name,
      this.#addFloats(`${name}_kernel`, turned.shape, turned.values),
      this.#addFloats(`${name}_bias`, bias.shape, bias.values),
    ];
    const isActive = readTexts(node, "fused_ops").includes("Relu");
    const sum = isActive ? `${name}_sum` : name;
    const shape = [1, ...sizes, outputs];
    const convolved = this.#add("Conv", names, { name: sum, shape }, [
      makeOnnxList("kernel_shape", kernel),
      makeOnnxList("strides", strides),
      makeOnnxPads(pads),
    ]);
    if (isActive) this.#add("Relu", [convolved], { name, shape });
  }

  /** The values are counted channels last, so that pictures are turned before or after. */
  #writeReshape(input: Value, output: Value): void {
    let { name } = input;
    if (input.shape.length === 4) {
      name = this.#add("Transpose", [name], { name: `${output.name}_last`, shape: [] }, [
        makeOnnxList("perm", [0, 2, 3, 1]),
      ]);
    }
    const isPicture = output.shape.length === 4;
    const shape = `${output.name}_shape`;
    this.#initializers.push(makeOnnxIntegers(shape, output.shape));
    if (!isPicture) return void this.#add("Reshape", [name, shape], output);
    const rows = this.#add("Reshape", [name, shape], { name: `${output.name}_rows`, shape: [] });
    this.#add("Transpose", [rows], output, [makeOnnxList("perm", [0, 3, 1, 2])]);
  }

  #read(name: string) {
    const weight = this.#weights[name];
    if (!weight) throw new RangeError(`Cannot write ONNX as it has no weight ${name}`);
    return { shape: weight.shape, values: Float32Array.from(weight.dataSync()) };
  }

  #addFloats(name: string, shape: number[], values: Iterable<number>): string {
    this.#initializers.push(makeOnnxConstant(name, shape, values));
    return name;
  }

  #add(opType: string, input: string[], output: Value, attribute: OnnxMessage[] = []): string {
    // A node may have the name of the input or output of the whole graph.
    const name = output === this.#output ? "logits" : `value_${output.name}`;
    this.#nodes.push({ opType, input, output: [name], attribute });
    this.#values.set(output.name, { name, shape: output.shape });
    return name;
  }
}

function toOnnxShape([n = 1, ...rest]: number[]): number[] {
  const [height, width, channels] = rest;
  return channels === undefined || height === undefined || width === undefined
    ? [n, ...rest]
    : [n, channels, height, width];
}
