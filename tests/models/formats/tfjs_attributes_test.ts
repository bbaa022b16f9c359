import { assertEquals, assertThrows } from "@std/assert";
import { ServiceError } from "../../../lib/service_error.ts";
import {
  readFlag,
  readFunctionName,
  readInteger,
  readIntegers,
  readPortedNodes,
  readShape,
  readText,
  readTexts,
  readTfjsNodes,
  stripPort,
} from "../../../models/formats/tfjs_attributes.ts";

const NODE = {
  name: "a",
  op: "Conv2D",
  inputs: [],
  attributes: {
    strides: { list: { i: ["1", 2] } },
    padding: { s: btoa("SAME") },
    fused_ops: { list: { s: [btoa("BiasAdd"), btoa("Relu")] } },
    keep_dims: { b: true },
    shape: { shape: { dim: [{ size: "-1" }, { size: 3 }, {}] } },
  },
};

Deno.test("attributes of a node are read by their type", () => {
  assertEquals(readIntegers(NODE, "strides"), [1, 2]);
  assertEquals(readText(NODE, "padding"), "SAME");
  assertEquals(readTexts(NODE, "fused_ops"), ["BiasAdd", "Relu"]);
  assertEquals(readFlag(NODE, "keep_dims"), true);
  // A size of 0 is left out where protocol buffers become JSON.
  assertEquals(readShape(NODE, "shape"), [-1, 3, 0]);
});

Deno.test("attributes that are missing or of another type are empty", () => {
  for (const name of ["missing", "padding"]) {
    assertEquals([readIntegers(NODE, name), readTexts(NODE, name)], [[], []]);
    assertEquals([readShape(NODE, name), readFlag(NODE, name)], [[], false]);
  }
  assertEquals(readText(NODE, "strides"), "");
});

Deno.test("readText() refuses what is not base64", () => {
  const node = { ...NODE, attributes: { padding: { s: "%" } } };
  assertThrows(() => readText(node, "padding"), ServiceError, "must be in base64: found %");
});

Deno.test("readTfjsNodes() reads names without ports and refuses nodes without a name", () => {
  const nodes = [{ name: "a", op: "Add", input: ["b:0", "^c"], attr: { x: { b: true } } }];
  assertEquals(readTfjsNodes({ node: nodes }), [
    { name: "a", op: "Add", inputs: ["b", "c"], attributes: { x: { b: true } } },
  ]);
  for (const broken of [{}, { node: [{ op: "Add" }] }, { node: [null] }]) {
    assertThrows(() => readTfjsNodes(broken), ServiceError, "Cannot use TensorFlow.js model");
  }
});

Deno.test("stripPort() leaves nothing but the name of a node", () => {
  assertEquals(["a:1", "a/b", "^a", "a:b:1"].map(stripPort), ["a", "a/b", "a", "a"]);
});

Deno.test("readPortedNodes() tells which output is read, and leaves out what only runs before", () => {
  const input = ["a", "b:1", "c:output:2", "^d"];
  const [found] = readPortedNodes([{ name: "n", op: "Add", input }]);
  assertEquals(found?.reads, [
    { name: "a", port: 0 },
    { name: "b", port: 1 },
    { name: "c", port: 2 },
  ]);
  assertEquals(readPortedNodes([{ name: "n", op: "Const" }])[0]?.reads, []);
});

Deno.test("readInteger() and readFunctionName() read attributes, and what is missing as nothing", () => {
  const attributes = { axis: { i: "1" }, body: { func: { name: "step" } } };
  const node = { name: "n", op: "While", inputs: [], attributes };
  assertEquals([readInteger(node, "axis"), readInteger(node, "num")], [1, 0]);
  assertEquals([readFunctionName(node, "body"), readFunctionName(node, "cond")], ["step", ""]);
});
