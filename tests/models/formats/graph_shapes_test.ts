import { assertEquals, assertThrows } from "@std/assert";
import { ServiceError } from "../../../lib/service_error.ts";
import type { ConvNode, GraphNode, Weight } from "../../../models/formats/graph.ts";
import { inferShapes, sizeOf } from "../../../models/formats/graph_shapes.ts";

/** Shapes are all that counts here, so the values stay empty. */
function weight(...shape: number[]): Weight {
  return { shape, values: new Float32Array() };
}

const CONV: ConvNode = {
  op: "conv2d",
  origin: "operator 0 (CONV_2D)",
  input: 0,
  output: 1,
  filter: weight(3, 3, 2, 4),
  bias: weight(4),
  strides: [2, 1],
  dilations: [1, 1],
  padding: "same",
  activation: "linear",
};
const NODE = { origin: "operator 0", input: 0, output: 1, activation: "linear" } as const;

function shapeOf(node: GraphNode, input = [1, 7, 6, 2]): number[] | undefined {
  return inferShapes([node], { id: 0, shape: input }).get(1);
}

function assertRefused(node: GraphNode, rule: string, input?: number[]): void {
  const error = assertThrows(() => shapeOf(node, input), ServiceError, rule);
  assertEquals(error.code, "model_unusable");
}

Deno.test("inferShapes() follows convolutions", () => {
  assertEquals(shapeOf(CONV), [1, 4, 6, 4]);
  assertEquals(shapeOf({ ...CONV, padding: "valid" }), [1, 3, 4, 4]);
  assertEquals(shapeOf({ ...CONV, padding: "valid", dilations: [2, 2] }), [1, 2, 2, 4]);
  assertEquals(shapeOf({ ...CONV, padding: [[1, 1], [0, 2]] }), [1, 4, 6, 4]);
  const depthwise: ConvNode = { ...CONV, op: "depthwise_conv2d", filter: weight(3, 3, 2, 3) };
  assertEquals(shapeOf({ ...depthwise, bias: weight(6) }), [1, 4, 6, 6]);
});

Deno.test("inferShapes() follows every other node", () => {
  const nodes: [GraphNode, number[]][] = [
    [{ ...NODE, op: "dense", kernel: weight(84, 5), bias: undefined }, [1, 5]],
    [{ ...NODE, op: "add", inputs: [0, weight(1, 1, 6, 1)] }, [1, 7, 6, 2]],
    [{ ...NODE, op: "mul", inputs: [weight(2), 0] }, [1, 7, 6, 2]],
    [
      { ...NODE, op: "max_pool", window: [2, 3], strides: [2, 2], padding: "valid" },
      [1, 3, 2, 2],
    ],
    [
      { ...NODE, op: "average_pool", window: [2, 3], strides: [2, 2], padding: "same" },
      [1, 4, 3, 2],
    ],
    [{ ...NODE, op: "mean", axes: [1, 2], keepDimensions: false }, [1, 2]],
    [{ ...NODE, op: "mean", axes: [3], keepDimensions: true }, [1, 7, 6, 1]],
    [{ ...NODE, op: "reshape", shape: [1, 42, 2] }, [1, 42, 2]],
    [{ ...NODE, op: "pad", paddings: [[0, 0], [1, 2], [0, 0], [3, 0]] }, [1, 10, 6, 5]],
    [{ ...NODE, op: "concat", inputs: [0, 0, 0], axis: 2 }, [1, 7, 18, 2]],
    [{ ...NODE, op: "activation" }, [1, 7, 6, 2]],
    [{ ...NODE, op: "softmax" }, [1, 7, 6, 2]],
  ];
  for (const [node, expected] of nodes) assertEquals(shapeOf(node), expected);
});

Deno.test("inferShapes() refuses nodes that do not fit their inputs, and names them", () => {
  assertRefused({ ...CONV, filter: weight(3, 3, 5, 4) }, "CONV_2D) has a filter for 5 channels");
  assertRefused({ ...CONV, bias: weight(3) }, "must have a bias of shape [4]: found [3]");
  assertRefused(CONV, "must be given an image: found [1, 84]", [1, 84]);
  assertRefused({ ...CONV, padding: "valid" }, "must give 1 to", [1, 2, 2, 2]);
  assertRefused({ ...CONV, strides: [0, 1] }, "strides and dilations of 1 to 1024");
  assertRefused({ ...CONV, dilations: [1, 2000] }, "strides and dilations of 1 to 1024");
  const dense: GraphNode = { ...NODE, op: "dense", kernel: weight(83, 5), bias: undefined };
  assertRefused(dense, "has weights for 83 inputs: it is given 84");
  assertRefused({ ...NODE, op: "add", inputs: [0, weight(3)] }, "cannot broadcast");
  assertRefused({ ...NODE, op: "reshape", shape: [1, 83] }, "cannot reshape");
  assertRefused({ ...NODE, op: "concat", inputs: [0, 0], axis: 4 }, "cannot join");
  assertRefused({ ...NODE, op: "mean", axes: [1, 1], keepDimensions: true }, "cannot reduce");
  const paddings: [number, number][] = [[0, 0], [-1, 0], [0, 0], [0, 0]];
  assertRefused({ ...NODE, op: "pad", paddings }, "cannot pad");
});

Deno.test("inferShapes() refuses nodes that mix the batch with another axis", () => {
  assertRefused({ ...NODE, op: "mean", axes: [0], keepDimensions: true }, "cannot reduce");
  assertRefused({ ...NODE, op: "concat", inputs: [0, 0], axis: 0 }, "cannot join");
  assertRefused({ ...NODE, op: "reshape", shape: [7, 12] }, "for a batch of 1");
  assertRefused({ ...NODE, op: "add", inputs: [0, weight(3, 1, 1, 1)] }, "for a batch of 1");
  assertRefused({ ...NODE, op: "add", inputs: [0, weight(2, 1, 1, 1, 1)] }, "the same rank");
  const paddings: [number, number][] = [[0, 1], [0, 0], [0, 0], [0, 0]];
  assertRefused({ ...NODE, op: "pad", paddings }, "for a batch of 1");
});

Deno.test("inferShapes() refuses values and work beyond reason", () => {
  const paddings: [number, number][] = [[0, 0], [0, 2 ** 30], [0, 0], [0, 0]];
  assertRefused({ ...NODE, op: "pad", paddings }, "must give 1 to 16777216 elements");
  const pool = { ...NODE, window: [2, 2], strides: [1, 1], padding: "valid" } as const;
  const averaged = { ...pool, op: "average_pool" } as unknown as GraphNode;
  assertRefused(averaged, "at most 8192 channels: found 8193", [1, 2, 2, 8193]);
  const conv: ConvNode = { ...CONV, filter: weight(100, 100, 2, 500), bias: undefined };
  assertRefused(conv, "takes the network above 50000000000 multiply-adds", [1, 200, 200, 2]);
});

Deno.test("sizeOf() multiplies the sizes", () => {
  assertEquals(sizeOf([2, 3, 4]), 24);
  assertEquals(sizeOf([]), 1);
});
