import { assert, assertEquals } from "@std/assert";
import * as tf from "@tensorflow/tfjs-core";
import { type GraphValue, GraphValues } from "../../../models/formats/graph_values.ts";
import { readLinearForm } from "../../../models/formats/linear_form.ts";
import { startTestBackend } from "./test_backend.ts";
import { type ModelJson, node, text } from "./tfjs_fixtures.ts";

await startTestBackend();

const X = { kind: "argument", index: 0 } as const;
const H = { kind: "argument", index: 1 } as const;

function read(name: string, nodes: ModelJson[], port = 0) {
  const weights = {
    w: tf.tensor2d([[1, 2, 3, 4]]),
    v: tf.tensor2d([[10], [20], [30], [40]]),
    b: tf.tensor1d([5, 6, 7, 8]),
    axis: tf.scalar(1, "int32"),
    rows: tf.scalar(0, "int32"),
  };
  const constants = Object.keys(weights).map((each) => node(each, "Const"));
  const given = new Map<string, GraphValue>([["x", X], ["h", H]]);
  const form = readLinearForm(
    new GraphValues([...constants, ...nodes], weights, given).read({ name, port }),
  );
  return form && {
    bias: form.bias && [...form.bias.dataSync()],
    products: [...form.products].map(([source, matrix]) => [source, [...matrix.dataSync()]]),
  };
}

const product = node("xw", "MatMul", { input: ["x", "w"] });
const turned = node("hv", "MatMul", { input: ["h", "v"], attr: { transpose_b: { b: true } } });

Deno.test("readLinearForm() joins products and biases", () => {
  tf.tidy(() => {
    const sum = node("sum", "AddV2", { input: ["xw", "hv"] });
    const biased = node("biased", "BiasAdd", { input: ["sum", "b"] });
    const found = read("biased", [product, turned, sum, biased]);
    assertEquals(found, {
      bias: [5, 6, 7, 8],
      products: [[X, [1, 2, 3, 4]], [H, [10, 20, 30, 40]]],
    });
    const twice = node("sum", "AddV2", { input: ["xw", "xw"] });
    assertEquals(read("sum", [product, twice])?.products, [[X, [2, 4, 6, 8]]]);
    const fused = node("fused", "_FusedMatMul", {
      input: ["x", "w", "b"],
      attr: { fused_ops: { list: { s: [text("BiasAdd").s] } } },
    });
    assertEquals(read("fused", [fused])?.bias, [5, 6, 7, 8]);
  });
});

Deno.test("readLinearForm() cuts columns out", () => {
  tf.tidy(() => {
    const biased = node("biased", "BiasAdd", { input: ["xw", "b"] });
    const split = node("split", "Split", {
      input: ["axis", "biased"],
      attr: { num_split: { i: "2" } },
    });
    assertEquals(read("split", [product, biased, split], 1), {
      bias: [7, 8],
      products: [[X, [3, 4]]],
    });
    const across = { ...split, input: ["rows", "biased"] };
    assertEquals(read("split", [product, biased, across], 1), undefined);
  });
});

Deno.test("readLinearForm() reads nothing else", () => {
  tf.tidy(() => {
    const square = node("square", "MatMul", { input: ["x", "h"] });
    const squashed = node("squashed", "Relu", { input: ["xw"] });
    const sum = node("sum", "AddV2", { input: ["squashed", "xw"] });
    const fused = node("fused", "_FusedMatMul", {
      input: ["x", "w", "b"],
      attr: { fused_ops: { list: { s: [text("BiasAdd").s, text("Relu").s] } } },
    });
    const nodes = [product, square, squashed, sum, fused];
    for (const name of ["square", "squashed", "sum", "fused", "x"]) {
      assert(read(name, nodes) === undefined, name);
    }
  });
});
