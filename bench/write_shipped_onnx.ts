import { createRequire } from "node:module";
import * as tf from "@tensorflow/tfjs-core";
import type { ModelFiles } from "../models/formats/loaded_model.ts";
import { readTfjsFiles } from "../models/formats/tfjs_files.ts";
import { PEERS_FOLDER } from "./peers.ts";

/** A message of `onnx.proto`, as plain fields. */
type Message = Record<string, unknown>;

interface Weight {
  shape: number[];
  values: Float32Array;
}

const FLOAT = 1;
const INT64 = 7;
const ATTRIBUTE_INT = 2;

/** Cells by the name of their weights: the operator of ONNX, and its gates as places in Keras'. */
const CELLS = {
  rnn: { operator: "RNN", gates: [0], attributes: [] },
  // ONNX has i, o, f, c, Keras i, f, c, o.
  lstm: { operator: "LSTM", gates: [0, 3, 1, 2], attributes: [] },
  // Both have z, r, h; the reset gate comes before the product.
  gru: { operator: "GRU", gates: [0, 1, 2], attributes: [integer("linear_before_reset", 0)] },
} as const;

/**
 * Writes a recurrent layers model as an ONNX file with the same weights: `input` (`[steps, 1,
 * channels]` float32, or `[steps]` int64 tokens) and `state` (`[1, 1, units]`; not for LSTM) in,
 * `logits` (`[1, classes]`, after the last step) and `next_state` out. The backend must be active.
 */
export async function writeShippedOnnx(files: ModelFiles, path: string): Promise<void> {
  const { weightData, weightSpecs } = readTfjsFiles(files);
  const weights = readWeights(weightData, weightSpecs);
  const cell = (Object.keys(CELLS) as (keyof typeof CELLS)[])
    .find((name) => weights.has(`${name}/kernel`));
  if (!cell) throw new RangeError(`Cannot write ONNX: no cell in ${[...weights.keys()]}`);
  const { onnx } = createRequire(PEERS_FOLDER)("onnx-proto");
  const model = onnx.ModelProto.fromObject({
    irVersion: 7,
    producerName: "lastlayer bench",
    opsetImport: [{ domain: "", version: 13 }],
    graph: makeGraph(weights, cell),
  });
  await Deno.writeFile(path, onnx.ModelProto.encode(model).finish());
}

function readWeights(data: ArrayBuffer, specs: tf.io.WeightsManifestEntry[]): Map<string, Weight> {
  const tensors = tf.io.decodeWeights(data, specs);
  return new Map(
    Object.entries(tensors).map(([name, tensor]) => {
      const weight = { shape: tensor.shape, values: tensor.dataSync() as Float32Array };
      tensor.dispose();
      return [name, weight];
    }),
  );
}

function makeGraph(weights: Map<string, Weight>, cell: keyof typeof CELLS): Message {
  const { operator, gates, attributes } = CELLS[cell];
  const pick = (name: string) => weights.get(name) ?? { shape: [], values: new Float32Array() };
  const bias = pick(`${cell}/bias`);
  const [inputs = 0] = pick(`${cell}/kernel`).shape;
  const [units = 0, classes = 0] = pick("head/kernel").shape;
  const embeddings = weights.get("embedding/embeddings");
  const steps = embeddings ? "embedded" : "input";
  const node = (opType: string, input: string[], output: string[], attribute: Message[] = []) => ({
    opType,
    input,
    output,
    attribute,
  });
  const state = cell === "lstm" ? [] : ["", "state"];
  return {
    name: "graph",
    node: [
      ...embeddings
        ? [
          node("Gather", ["embeddings", "input"], ["rows"]),
          node("Unsqueeze", ["rows", "one"], ["embedded"]),
        ]
        : [],
      node(operator, [steps, "w", "r", "b", ...state], ["", "next_state"], [
        integer("hidden_size", units),
        ...attributes,
      ]),
      node("Squeeze", ["next_state", "zero"], ["last"]),
      node("Gemm", ["last", "head", "head_bias"], ["logits"]),
    ],
    initializer: [
      ...embeddings
        ? [
          floats("embeddings", embeddings.shape, embeddings.values),
          { name: "one", dims: [1], dataType: INT64, int64Data: [1] },
        ]
        : [],
      floats("w", [1, gates.length * units, inputs], turnGates(pick(`${cell}/kernel`), gates)),
      floats(
        "r",
        [1, gates.length * units, units],
        turnGates(pick(`${cell}/recurrent_kernel`), gates),
      ),
      floats("b", [1, 2 * gates.length * units], [
        ...turnGates({ shape: [1, ...bias.shape], values: bias.values }, gates),
        ...new Float32Array(gates.length * units),
      ]),
      floats("head", [units, classes], pick("head/kernel").values),
      floats("head_bias", [classes], pick("head/bias").values),
      { name: "zero", dims: [1], dataType: INT64, int64Data: [0] },
    ],
    input: [
      embeddings
        ? describeValue("input", ["steps"], INT64)
        : describeValue("input", ["steps", 1, inputs], FLOAT),
      ...state.length > 0 ? [describeValue("state", [1, 1, units], FLOAT)] : [],
    ],
    output: [
      describeValue("logits", [1, classes], FLOAT),
      describeValue("next_state", [1, 1, units], FLOAT),
    ],
  };
}

/** `[rows, gates * units]` with Keras' gates -> `[gates * units, rows]` with those of ONNX. */
function turnGates({ shape: [rows = 0, columns = 0], values }: Weight, gates: readonly number[]) {
  const units = columns / gates.length;
  const turned = new Float32Array(values.length);
  gates.forEach((from, to) => {
    for (let unit = 0; unit < units; unit++) {
      for (let row = 0; row < rows; row++) {
        turned[(to * units + unit) * rows + row] = values[row * columns + from * units + unit] ?? 0;
      }
    }
  });
  return turned;
}

function floats(name: string, dims: number[], values: Iterable<number>): Message {
  const rawData = new Uint8Array(Float32Array.from(values).buffer);
  return { name, dims, dataType: FLOAT, rawData };
}

function integer(name: string, value: number): Message {
  return { name, type: ATTRIBUTE_INT, i: value };
}

function describeValue(name: string, shape: (number | string)[], elemType: number): Message {
  const dim = shape.map((size) =>
    typeof size === "string" ? { dimParam: size } : { dimValue: size }
  );
  return { name, type: { tensorType: { elemType, shape: { dim } } } };
}
