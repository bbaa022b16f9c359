import * as tf from "@tensorflow/tfjs-core";
import type { Tensor, Tensor2D } from "../tensors.ts";
import type { CallValue, GraphValue } from "./graph_values.ts";
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
function readPart({ node, port, inputs }: CallValue): LinearForm | undefined {
  const isEven = node.op === "Split";
  const [whole, sizes, axis] = isEven ? [inputs[1], undefined, inputs[0]] : inputs;
  const form = whole && readLinearForm(whole);
  if (!form || axis?.kind !== "constant") return undefined;
  const [first = 0] = axis.tensor.dataSync();
  if (first !== 1 && first !== -1) return undefined;
  const lengths = sizes?.kind === "constant" ? Array.from(sizes.tensor.dataSync()) : undefined;
  const cut = <Form extends Tensor>(tensor: Form): Form =>
    tf.split(tensor, lengths ?? readInteger(node, "num_split"), tensor.rank - 1)[port] as Form;
  return {
    products: new Map([...form.products].map(([source, weights]) => [source, cut(weights)])),
    bias: form.bias && cut(form.bias),
  };
}
