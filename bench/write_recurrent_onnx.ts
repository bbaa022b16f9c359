import { RECURRENT_CELLS } from "../models/kernels/recurrent_cells.ts";
import { makeCaseWeights, type RecurrentCase } from "./recurrent_case.ts";
import {
  describeOnnxValue,
  makeOnnxConstant,
  makeOnnxInteger,
  writeOnnxGraph,
} from "./onnx_messages.ts";

const OPERATORS = { SimpleRNN: "RNN", LSTM: "LSTM", GRU: "GRU", GRUResetAfter: "GRU" } as const;
/** Where each gate of ONNX stands in the order of Keras: LSTM i, o, f, c of i, f, c, o. */
const GATE_ORDERS = {
  SimpleRNN: [0],
  LSTM: [0, 3, 1, 2],
  GRU: [0, 1, 2],
  GRUResetAfter: [0, 1, 2],
};

/**
 * Writes one recurrent layer as an ONNX file: input `input` of `[steps, batch, inputs]`, which is
 * the order that ONNX Runtime wants, and one output `logits` of `[steps, 1, batch, units]`.
 */
export async function writeRecurrentOnnx(layer: RecurrentCase, path: string): Promise<void> {
  const { cell, batch, steps, inputs, units } = layer;
  const columns = RECURRENT_CELLS[cell].gates * units;
  const weights = makeCaseWeights(layer);
  const transpose = (values: Float32Array, depth: number) => {
    return GATE_ORDERS[cell].flatMap((gate) =>
      Array.from({ length: units * depth }, (_, index) => {
        const [unit, k] = [Math.floor(index / depth), index % depth];
        return values[k * columns + gate * units + unit] ?? NaN;
      })
    );
  };
  await writeOnnxGraph({
    name: "layer",
    node: [{
      opType: OPERATORS[cell],
      input: ["input", "w", "r", "b"],
      output: ["logits"],
      attribute: [makeOnnxInteger("hidden_size", units)],
    }],
    initializer: [
      makeOnnxConstant("w", [1, columns, inputs], transpose(weights.kernel, inputs)),
      makeOnnxConstant("r", [1, columns, units], transpose(weights.recurrentKernel, units)),
      // A second bias, of the state's product, follows the first.
      makeOnnxConstant("b", [1, 2 * columns], [
        ...transpose(weights.bias, 1),
        ...Array<number>(columns).fill(0),
      ]),
    ],
    input: [describeOnnxValue("input", [steps, batch, inputs])],
    output: [describeOnnxValue("logits", [steps, 1, batch, units])],
  }, path);
}
