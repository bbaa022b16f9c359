import * as tf from "@tensorflow/tfjs-core";
import type { Tensor, Tensor2D } from "../tensors.ts";
import { type CallValue, type GraphValue, sliceStrided } from "./graph_values.ts";
import { readFlag, readInteger, readTexts } from "./tfjs_attributes.ts";

/** A sum of products with weights, and a bias: what an activation is applied to. */
export interface LinearForm {
  /** What each source is multiplied by: `[length, columns]`. */
  products: ReadonlyMap<GraphValue, Tensor2D>;
  /** `[columns]`; nothing where there is none. */
  bias: Tensor | undefined;
}

/**
 * Reads a value as a linear form of others: matrix products, sums, biases, and parts of these.
 *
 * @returns `undefined` where it is none
 */
export function readLinearForm(value: GraphValue): LinearForm | undefined {
  if (value.kind === "constant") return { products: new Map(), bias: value.tensor };
  if (value.kind !== "call") return undefined;
  switch (value.node.op) {
    case "Add":
    case "AddV2":
    case "BiasAdd":
      return joinForms(value.inputs.map(readLinearForm));
    case "MatMul":
      return readProduct(value);
    case "_FusedMatMul": {
      const isPlain = readTexts(value.node, "fused_ops").join() === "BiasAdd";
      return isPlain
        ? joinForms([readProduct(value), ...value.inputs.slice(2).map(readLinearForm)])
        : undefined;
    }
    case "Split":
    case "SplitV":
    case "StridedSlice":
      return readPart(value);
    default:
      return undefined;
  }
}

function readProduct({ node, inputs: [source, weights] }: CallValue): LinearForm | undefined {
  if (!source || weights?.kind !== "constant" || readFlag(node, "transpose_a")) return undefined;
  const tensor = readFlag(node, "transpose_b") ? tf.transpose(weights.tensor) : weights.tensor;
  return { products: new Map([[source, tensor as Tensor2D]]), bias: undefined };
}

function joinForms(forms: (LinearForm | undefined)[]): LinearForm | undefined {
  const products = new Map<GraphValue, Tensor2D>();
  let bias: Tensor | undefined;
  for (const form of forms) {
    if (!form) return undefined;
    for (const [source, weights] of form.products) {
      const known = products.get(source);
      products.set(source, known ? tf.add(known, weights) : weights);
    }
    if (form.bias) bias = bias ? tf.add(bias, form.bias) : form.bias;
  }
  return { products, bias };
}

/** Columns of a form: the gates of a layer share their products. */
function readPart(part: CallValue): LinearForm | undefined {
  const cut = part.node.op === "StridedSlice" ? readSlice(part) : readSplit(part);
  const whole = part.inputs[part.node.op === "Split" ? 1 : 0];
  const form = cut && whole && readLinearForm(whole);
  if (!form) return undefined;
  const cutRow = (bias: Tensor) => tf.reshape(cut(tf.reshape(bias, [1, -1])), [-1]);
  return {
    products: new Map([...form.products].map(([source, weights]) => [source, cut(weights)])),
    bias: form.bias && cutRow(form.bias),
  };
}

type Cut = (matrix: Tensor2D) => Tensor2D;

function readSplit({ node, port, inputs }: CallValue): Cut | undefined {
  const [sizes, axis] = node.op === "Split" ? [undefined, inputs[0]] : inputs.slice(1);
  const [first] = axis?.kind === "constant" ? axis.tensor.dataSync() : [];
  if (first !== 1 && first !== -1) return undefined;
  const lengths = sizes?.kind === "constant" ? Array.from(sizes.tensor.dataSync()) : undefined;
  return (matrix) =>
    tf.split(matrix, lengths ?? readInteger(node, "num_split"), 1)[port] as Tensor2D;
}

/** All rows, and some of the columns. */
function readSlice({ node, inputs }: CallValue): Cut | undefined {
  const bounds = inputs.slice(1).flatMap((each) => each.kind === "constant" ? [each.tensor] : []);
  const masks = ["begin_mask", "end_mask"].map((name) => readInteger(node, name));
  const others = ["ellipsis_mask", "new_axis_mask", "shrink_axis_mask"];
  const isColumns = bounds.length === 3 && masks.every((mask) => mask % 2 === 1) &&
    others.every((name) => readInteger(node, name) === 0);
  return isColumns ? (matrix) => sliceStrided(matrix, node, bounds) : undefined;
}
