import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import * as tf from "@tensorflow/tfjs-core";
import { ServiceError } from "../../../lib/service_error.ts";
import { type GraphValue, GraphValues } from "../../../models/formats/graph_values.ts";
import { startTestBackend } from "./test_backend.ts";
import { node } from "./tfjs_fixtures.ts";

await startTestBackend();

const first = (name: string) => ({ name, port: 0 });

function valueOf(value: GraphValue): number[] {
  assert(value.kind === "constant");
  return [...value.tensor.dataSync()];
}

Deno.test("GraphValues reads parts of weights as weights", () => {
  tf.tidy(() => {
    const weights = {
      w: tf.tensor2d([[1, 2, 3, 4], [5, 6, 7, 8]]),
      axis: tf.scalar(1, "int32"),
      sizes: tf.tensor1d([1, 3], "int32"),
      shape: tf.tensor1d([8], "int32"),
      perm: tf.tensor1d([1, 0], "int32"),
      begin: tf.tensor1d([0, 1], "int32"),
      end: tf.tensor1d([0, 3], "int32"),
      ones: tf.tensor1d([1, 1], "int32"),
    };
    const input = (...names: string[]) => names;
    const values = new GraphValues([
      ...Object.keys(weights).map((name) => node(name, "Const")),
      node("split", "Split", { input: input("axis", "w"), attr: { num_split: { i: "2" } } }),
      node("sized", "SplitV", { input: input("w", "sizes", "axis") }),
      node("rows", "Unpack", { input: input("w"), attr: { axis: { i: "0" }, num: { i: "2" } } }),
      node("flat", "Reshape", { input: input("w", "shape") }),
      node("turned", "Transpose", { input: input("w", "perm") }),
      node("cut", "StridedSlice", {
        input: input("w", "begin", "end", "ones"),
        attr: { begin_mask: { i: "1" }, end_mask: { i: "1" } },
      }),
      node("same", "Identity", { input: input("rows:1", "^flat") }),
    ], weights);
    assertEquals(valueOf(values.read({ name: "split", port: 1 })), [3, 4, 7, 8]);
    assertEquals(valueOf(values.read({ name: "sized", port: 1 })), [2, 3, 4, 6, 7, 8]);
    assertEquals(valueOf(values.read({ name: "rows", port: 1 })), [5, 6, 7, 8]);
    assertEquals(valueOf(values.read(first("flat"))), [1, 2, 3, 4, 5, 6, 7, 8]);
    assertEquals(valueOf(values.read(first("turned"))), [1, 5, 2, 6, 3, 7, 4, 8]);
    assertEquals(valueOf(values.read(first("cut"))), [2, 3, 6, 7]);
    assertStrictEquals(values.read(first("same")), values.read({ name: "rows", port: 1 }));
  });
});

Deno.test("GraphValues reads calls with what they are called with", () => {
  const given = new Map([["x", { kind: "argument", index: 2 } as const]]);
  const nodes = [
    node("twice", "AddV2", { input: ["x", "x"] }),
    node("loop", "Neg", { input: ["back"] }),
    node("back", "Neg", { input: ["loop"] }),
  ];
  const values = new GraphValues(nodes, {}, given);
  const call = values.read(first("twice"));
  assert(call.kind === "call");
  assertEquals([call.node.op, call.inputs[0]], ["AddV2", { kind: "argument", index: 2 }]);
  assertStrictEquals(values.read(first("twice")), call);
  const circle = values.read(first("loop"));
  assert(circle.kind === "call" && circle.inputs[0]?.kind === "call");
  assertEquals(circle.inputs[0].inputs[0]?.kind, "call");
  assertThrows(() => values.read(first("nobody")), ServiceError, '"nobody", which does not exist');
});
