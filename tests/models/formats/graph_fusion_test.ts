import { assertEquals } from "@std/assert";
import type { ConvNode, GraphNode, PadNode } from "../../../models/formats/graph.ts";
import { fuseNodes, inputsOf } from "../../../models/formats/graph_fusion.ts";

const CONV: ConvNode = {
  op: "conv2d",
  origin: "conv",
  input: 0,
  output: 1,
  filter: { shape: [3, 3, 1, 1], values: new Float32Array(9) },
  bias: undefined,
  strides: [1, 1],
  dilations: [1, 1],
  padding: "valid",
  activation: "linear",
};
const RELU: GraphNode = {
  op: "activation",
  origin: "relu",
  input: 1,
  output: 2,
  activation: "relu",
};
const PAD: PadNode = {
  op: "pad",
  origin: "pad",
  input: 0,
  output: 1,
  paddings: [[0, 0], [0, 1], [2, 0], [0, 0]],
};

Deno.test("fuseNodes() joins an activation into the node before it", () => {
  assertEquals(fuseNodes([CONV, RELU], 2), [{ ...CONV, output: 2, activation: "relu" }]);
});

Deno.test("fuseNodes() joins a padding of height and width into a valid convolution", () => {
  const conv: ConvNode = { ...CONV, input: 1, output: 2 };
  assertEquals(fuseNodes([PAD, conv], 2), [{ ...conv, input: 0, padding: [[0, 1], [2, 0]] }]);
});

Deno.test("fuseNodes() joins padding, convolution and activation", () => {
  const conv: ConvNode = { ...CONV, input: 1, output: 2 };
  const relu: GraphNode = { ...RELU, input: 2, output: 3 };
  assertEquals(fuseNodes([PAD, conv, relu], 3), [
    { ...conv, input: 0, output: 3, padding: [[0, 1], [2, 0]], activation: "relu" },
  ]);
});

Deno.test("fuseNodes() leaves apart what it would change", () => {
  const conv: ConvNode = { ...CONV, input: 1, output: 2 };
  const apart: [GraphNode[], number][] = [
    // The linear value is read twice, or is the output itself.
    [[CONV, RELU, { ...RELU, output: 3 }], 3],
    [[CONV, RELU], 1],
    [[{ ...CONV, activation: "relu6" }, RELU], 2],
    [[RELU, { ...RELU, input: 2, output: 3 }], 3],
    [[PAD, { ...conv, padding: "same" }], 2],
    [[{ ...PAD, paddings: [[0, 0], [0, 1], [2, 0], [0, 1]] }, conv], 2],
    [[{ ...PAD, paddings: [[0, 0], [0, -1], [2, 0], [0, 0]] }, conv], 2],
    [[{ ...PAD, paddings: [[0, 1], [2, 0]] }, conv], 2],
  ];
  for (const [nodes, output] of apart) assertEquals(fuseNodes(nodes, output), nodes);
});

Deno.test("inputsOf() gives computed inputs only", () => {
  const constant = { shape: [1], values: new Float32Array(1) };
  const add: GraphNode = {
    op: "add",
    origin: "add",
    inputs: [4, constant],
    output: 5,
    activation: "linear",
  };
  assertEquals(inputsOf(add), [4]);
  assertEquals(inputsOf(CONV), [0]);
});
