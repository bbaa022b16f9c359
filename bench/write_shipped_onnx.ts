import * as tf from "@tensorflow/tfjs-core";
import type { ModelFiles } from "../models/formats/loaded_model.ts";
import { readTfjsFiles } from "../models/formats/tfjs_files.ts";
import {
  describeOnnxValue,
  makeOnnxConstant,
  makeOnnxInteger,
  makeOnnxIntegers,
  type OnnxMessage,
  writeOnnxGraph,
} from "./onnx_messages.ts";

interface Weight {
  shape: number[];
  values: Float32Array;
}

/** Cells by the name of their weights: the operator of ONNX, and its gates as places in Keras'. */
const CELLS = {
  rnn: { operator: "RNN", gates: [0], attributes: [] },
  // ONNX has i, o, f, c, Keras i, f, c, o.
  lstm: { operator: "LSTM", gates: [0, 3, 1, 2], attributes: [] },
  // Both have z, r, h; the reset gate comes before the product.
  gru: {
    operator: "GRU",
    gates: [0, 1, 2],
    attributes: [makeOnnxInteger("linear_before_reset", 0)],
  },
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
  await writeOnnxGraph(makeGraph(weights, cell), path);
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

function makeGraph(weights: Map<string, Weight>, cell: keyof typeof CELLS): OnnxMessage {
  const { operator, gates, attributes } = CELLS[cell];
  const pick = (name: string) => weights.get(name) ?? { shape: [], values: new Float32Array() };
  const bias = pick(`${cell}/bias`);
  const [inputs = 0] = pick(`${cell}/kernel`).shape;
  const [units = 0, classes = 0] = pick("head/kernel").shape;
  const embeddings = weights.get("embedding/embeddings");
  const steps = embeddings ? "embedded" : "input";
  const node = (
    opType: string,
    input: string[],
    output: string[],
    attribute: OnnxMessage[] = [],
  ) => ({
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
        makeOnnxInteger("hidden_size", units),
        ...attributes,
      ]),
      node("Squeeze", ["next_state", "zero"], ["last"]),
      node("Gemm", ["last", "head", "head_bias"], ["logits"]),
    ],
    initializer: [
      ...embeddings
        ? [
          makeOnnxConstant("embeddings", embeddings.shape, embeddings.values),
          makeOnnxIntegers("one", [1]),
        ]
        : [],
      makeOnnxConstant(
        "w",
        [1, gates.length * units, inputs],
        turnGates(pick(`${cell}/kernel`), gates),
      ),
      makeOnnxConstant(
        "r",
        [1, gates.length * units, units],
        turnGates(pick(`${cell}/recurrent_kernel`), gates),
      ),
      makeOnnxConstant("b", [1, 2 * gates.length * units], [
        ...turnGates({ shape: [1, ...bias.shape], values: bias.values }, gates),
        ...new Float32Array(gates.length * units),
      ]),
      makeOnnxConstant("head", [units, classes], pick("head/kernel").values),
      makeOnnxConstant("head_bias", [classes], pick("head/bias").values),
      makeOnnxIntegers("zero", [0]),
    ],
    input: [
      embeddings
        ? describeOnnxValue("input", ["steps"], "int64")
        : describeOnnxValue("input", ["steps", 1, inputs]),
      ...state.length > 0 ? [describeOnnxValue("state", [1, 1, units])] : [],
    ],
    output: [
      describeOnnxValue("logits", [1, classes]),
      describeOnnxValue("next_state", [1, 1, units]),
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
